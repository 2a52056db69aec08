// Words in many scripts, from which made-up tweets are written. Takes dice; leaves texts that hold what real ones do:
// letters of one to four bytes, emoji of several code points, line breaks, quotes, links.
import type { Dice } from './dice.ts';

interface Tongue {
  readonly lang: string;
  /** How many of a hundred tweets. */
  readonly share: number;
  readonly words: readonly string[];
  readonly gap: string;
}

const tongue = (lang: string, share: number, words: string): Tongue => ({
  lang,
  share,
  words: words.split(' '),
  gap: ' ',
});

const tongues: readonly Tongue[] = [
  tongue(
    'en',
    30,
    'the morning coffee is late again but nobody minds; what a game! I can\'t believe 42% of it\'s true "maybe" tomorrow',
  ),
  {
    ...tongue('ja', 16, 'おはよう 今日は 天気が いい 電車 カレー を食べた ねむい 東京 ありがとう ございます 夜 🌸'),
    gap: '',
  },
  tongue('es', 10, 'mañana será otro día corazón ¿qué pasó? niñez canción rápido árbol también después'),
  tongue('pt', 7, 'amanhã não vou à praia coração ação irmão saudade você está ótimo pão'),
  tongue('ar', 7, 'صباح الخير يا أصدقاء اليوم جميل جدا والله شكرا لكم غدا إن شاء'),
  tongue('ko', 6, '안녕하세요 오늘 날씨가 정말 좋다 커피 한 잔 어때요 고마워 내일'),
  tongue('tr', 4, 'günaydın bugün hava çok güzel İstanbul ılık şeker ağaç öğle'),
  tongue('fr', 4, "demain l'été sera déjà fini où ça ? garçon cœur naïve forêt très être"),
  tongue('de', 3, 'morgen früh Grüße aus Köln größer Straße schön Äpfel während Übung'),
  tongue('ru', 3, 'доброе утро сегодня хорошая погода ёлка спасибо друзья завтра поезд'),
  { ...tongue('th', 3, 'สวัสดี วันนี้ อากาศ ดีมาก กาแฟ ขอบคุณ พรุ่งนี้ เช้า'), gap: '' },
  tongue('hi', 2, 'नमस्ते आज मौसम अच्छा है धन्यवाद कल सुबह दोस्त चाय'),
  { ...tongue('zh', 2, '早上好 今天 天气 不错 咖啡 谢谢 明天 朋友 𠮷野家 學習'), gap: '' },
  tongue('el', 1, 'καλημέρα σήμερα ο καιρός είναι ωραίος ευχαριστώ αύριο'),
  tongue('he', 1, 'בוקר טוב היום יפה מאוד תודה מחר חברים קפה'),
  tongue('ka', 0.5, 'დილა მშვიდობისა დღეს კარგი ამინდია მადლობა'),
  tongue('am', 0.5, 'እንደምን አደሩ ዛሬ ጥሩ ቀን ነው አመሰግናለሁ'),
];

const emoji = [
  '😂',
  '❤️',
  '👍🏽',
  '👩‍👩‍👧‍👦',
  '🏴󠁧󠁢󠁷󠁬󠁳󠁿',
  '🇯🇵',
  '✨',
  '🥺',
  '☕',
  '1️⃣',
  '🧑🏿‍🚀',
  '…',
  '“',
  '\u200f',
  '\u2028',
  '\\',
  '\t',
];
const breaks = ['\n', '\n\n', '\n', '\r\n', '\r'];
const places = [
  'Köln',
  '東京',
  'São Paulo',
  'somewhere, "over" there',
  'İzmir',
  'القاهرة',
  '',
  'Québec 🇨🇦',
  'Łódź',
  '서울',
];

const byShare = tongues.flatMap((one) => Array.from({ length: one.share * 2 }, () => one));

export interface Writing {
  readonly lang: string;
  readonly text: string;
}

/** A text of about that many words in one language, or one without any ("zxx"): emoji alone. */
export function writing(dice: Dice, words: number): Writing {
  if (dice.chance(0.02)) return { lang: 'zxx', text: `${dice.pick(emoji)}${dice.pick(emoji)}` };
  const { lang, words: vocabulary, gap } = dice.pick(byShare);
  let text = dice.pick(vocabulary);
  for (let count = 1; count < words; count++) {
    const draw = dice.next();
    text += draw < 0.03 ? dice.pick(breaks) : gap;
    text += draw > 0.94 ? dice.pick(emoji) : dice.pick(vocabulary);
  }
  if (dice.chance(0.15)) text += ` https://t.co/${shortName(dice.below(2 ** 30))}`;
  return { lang, text };
}

/** A name as people give themselves: words, emoji, signs that a careless reader stumbles over. */
export const displayName = (dice: Dice): string =>
  [dice.pick(dice.pick(byShare).words), dice.chance(0.3) ? dice.pick(emoji) : dice.pick(dice.pick(byShare).words)].join(
    ' ',
  );

export const place = (dice: Dice): string => dice.pick(places);

/** A word of letters and digits for a number. */
export const shortName = (number: number): string => number.toString(36).padStart(6, 'a');

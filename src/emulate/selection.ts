// Which fields a client asked for. Takes the request's parameters; leaves the sets by which payloads are written,
// as the API does it: what is not asked for is left out, a few fields always come.

export interface Selection {
  readonly tweet: ReadonlySet<string>;
  readonly user: ReadonlySet<string>;
  readonly expansions: ReadonlySet<string>;
  /** The same text for the same selection. */
  readonly key: string;
}

const known = {
  'tweet.fields':
    'article attachments author_id card_uri community_id context_annotations conversation_id created_at display_text_range edit_controls edit_history_tweet_ids entities geo id in_reply_to_user_id lang media_metadata note_tweet possibly_sensitive public_metrics referenced_tweets reply_settings scopes source suggested_source_links text withheld',
  'user.fields':
    'affiliation confirmed_email connection_status created_at description entities id is_identity_verified location most_recent_tweet_id name parody pinned_tweet_id profile_banner_url profile_image_url protected public_metrics receives_your_dm subscription subscription_type url username verified verified_followers_count verified_type withheld',
  expansions:
    'article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet attachments.poll_ids author_id author_screen_name edit_history_tweet_ids entities.mentions.username entities.note.mentions.username geo.place_id in_reply_to_user_id referenced_tweets.id referenced_tweets.id.attachments.media_keys referenced_tweets.id.author_id',
  'media.fields': '',
  'place.fields': '',
  'poll.fields': '',
} as const;

const always = { tweet: ['id', 'text', 'edit_history_tweet_ids'], user: ['id', 'name', 'username'] };

/** A parameter that the API refuses, and the value that it had. */
export interface BadParameter {
  readonly parameter: string;
  readonly value: string;
}

/** Reads the three lists of a request; or says which value is not known. */
export function readSelection(parameters: URLSearchParams): Selection | BadParameter {
  const list = (name: keyof typeof known): string[] => parameters.get(name)?.split(',').filter(Boolean) ?? [];
  for (const name of ['tweet.fields', 'user.fields', 'expansions'] as const) {
    const value = list(name).find((entry) => !known[name].split(' ').includes(entry));
    if (value !== undefined) return { parameter: name, value };
  }
  return selectionOf(list('tweet.fields'), list('user.fields'), list('expansions'));
}

/** Exported for tests. */
export function selectionOf(
  tweet: readonly string[],
  user: readonly string[],
  expansions: readonly string[],
): Selection {
  const lists = [[...always.tweet, ...tweet], [...always.user, ...user], expansions].map((list) =>
    [...new Set(list)].sort(),
  );
  const [tweetFields = [], userFields = [], expanded = []] = lists;
  return {
    tweet: new Set(tweetFields),
    user: new Set(userFields),
    expansions: new Set(expanded),
    key: lists.map((entries) => entries.join(',')).join(';'),
  };
}

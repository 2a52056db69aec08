"""A second reading of the rules, with Python's standard library alone: what the vault must hold for these minute files.

Usage: oracle.py OWN PARTNER VAULT ZONE OLDER_ZONE     (PARTNER is - where there is one server)
Reads the minute files of both trees and the finished vault; prints one line for each difference, nothing where there is none.
It supposes that every hour is made, each once, from all the files that lie in the trees.
"""
import csv, io, json, lzma, os, re, sys
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

own, partner, vault, zone_name, older_name = sys.argv[1:6]
csv.field_size_limit(10**9)
zone, older_zone = ZoneInfo(zone_name), ZoneInfo(older_name)
servers = [1] if partner == '-' else [1, 2]
MINUTE = timedelta(minutes=1)

TWEETS = ('id conversation_id author_id created_at retrieved_at source lang text reference_type referenced_tweet_id '
          'author.created_at author.location author.name author.username author.verified author.protected '
          'author.public_metrics.followers_count author.public_metrics.following_count '
          'author.public_metrics.tweet_count author.public_metrics.listed_count').split()
USERS = ['author_id', 'lang'] + TWEETS[10:]
REPORT = ['hour', 'serv 1', 'serv 2', 'total', 'diff', 'diff %', 'missing 1', 'missing 2', 'gap 1', 'gap 2', 'joint gap', 'unreadable']


class File:
    def __init__(self, server, name, folder):
        self.server, self.name = server, name
        with open(os.path.join(folder, name), 'rb') as handle:
            self.content = handle.read()
        new = re.fullmatch(r'(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)Z_(\d+)_(\d+)s_[0-9a-f]{16}\.jsonl', name)
        if new:
            self.minute = datetime.strptime(f'{new[1]} {new[2]}:{new[3]} +0000', '%Y-%m-%d %H:%M %z')
            self.seconds = int(new[5])
        else:
            old = re.match(r'sampled_stream_(\d{4}-\d\d-\d\d)_(\d\d:\d\d):\d\d_to_', name)
            self.minute = self.older_minute(datetime.strptime(f'{old[1]} {old[2]}', '%Y-%m-%d %H:%M'))
            self.seconds = None

    def older_minute(self, shown):
        both = [shown.replace(tzinfo=older_zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1)]
        heard = re.search(rb'"retrieved_at"\s*:\s*"([^"]{1,40})"', self.content)
        if both[0] == both[1] or not heard:
            return both[0]
        try:
            at = datetime.fromisoformat(heard[1].decode('latin1').replace('Z', '+00:00'))
        except ValueError:
            return both[0]
        return min(both, key=lambda minute: abs((minute - at).total_seconds()))

    def lines(self):
        parts = self.content.split(b'\n')
        return parts[:-1] if parts[-1] == b'' else parts


def files_of(server, tree):
    for folder, _, names in os.walk(tree):
        if re.fullmatch(r'.*/\d{4}-\d\d-\d\d/\d\d', folder):
            for name in names:
                yield File(server, name, folder)


def refuse(constant):
    raise ValueError(constant)


def read(line):
    """The tweet and its envelope, or the reason why the line cannot be read."""
    try:
        text = line.decode('utf-8', 'strict')
    except UnicodeDecodeError:
        return 'not-utf8'
    try:
        value = json.loads(text, parse_constant=refuse)
    except ValueError:
        return 'not-json'
    if not isinstance(value, dict):
        return 'not-an-object'
    tweet = value if 'data' not in value and ('id' in value or 'author' in value) else value.get('data')
    if not isinstance(tweet, dict):
        return 'no-data'
    if 'id' not in tweet:
        return 'no-id'
    if not isinstance(tweet['id'], str) or not re.fullmatch('[0-9]{1,20}', tweet['id']):
        return 'bad-id'
    return tweet, value


def cell(value):
    if value is None:
        return ''
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, str):
        return value.encode('utf-16-le', 'surrogatepass').decode('utf-16-le', 'replace')
    return str(value)


def either(record, *names):
    return next((record[name] for name in names if record.get(name) is not None), None)


def record(value):
    return value if isinstance(value, dict) else {}


def row_of(tweet, envelope):
    note = record(either(tweet, 'note_tweet', 'note_post'))
    text = either(note, 'text')
    text = cell(tweet.get('text') if text is None else text)
    text = text.replace('\r\n', ' ').replace('\r', ' ').replace('\n', ' ')
    references = either(tweet, 'referenced_tweets', 'referenced_posts')
    reference = references[0] if isinstance(references, list) and references and isinstance(references[0], dict) else {'type': 'original'}
    author_id = cell(tweet.get('author_id'))
    users = record(envelope.get('includes')).get('users')
    candidates = (users if isinstance(users, list) else []) + [tweet.get('author')]
    author = next((user for user in candidates if author_id and isinstance(user, dict) and cell(user.get('id')) == author_id), None)
    who = author or {}
    metrics = record(who.get('public_metrics'))
    heard = record(either(envelope, '__twarc') or tweet.get('__twarc'))
    row = [tweet['id'], cell(tweet.get('conversation_id')), author_id, cell(tweet.get('created_at')), cell(heard.get('retrieved_at')),
           cell(tweet.get('source')), cell(tweet.get('lang')), text, cell(reference.get('type')), cell(reference.get('id'))]
    row += [cell(who.get(name)) for name in ('created_at', 'location', 'name', 'username', 'verified', 'protected')]
    row += [cell(metrics.get('followers_count')), cell(metrics.get('following_count')),
            cell(either(metrics, 'tweet_count', 'post_count')), cell(metrics.get('listed_count'))]
    return row, author is not None


def age(created_at):
    """Comparable; a time that the API would not write is older than all."""
    if not re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z', created_at):
        return float('-inf')
    return datetime.fromisoformat(created_at[:19] + '+00:00').timestamp() + int(float('0' + (created_at[19:-1] or '.0')) * 1000) / 1000


def label_of(start):
    local = start.astimezone(zone)
    others = [(start + timedelta(hours=hours)).astimezone(zone) for hours in (-3, -2, -1, 1, 2, 3)]
    twice = any(other.replace(tzinfo=None) == local.replace(tzinfo=None) for other in others)
    return local.strftime('%Y-%m-%d'), local.strftime('%H') + (local.strftime('%z')[:5] if twice else '')


def start_of(minute):
    return minute - timedelta(minutes=minute.astimezone(zone).minute)


def table(header, rows):
    return [header] + rows


class Hour:
    def __init__(self, start, files, before):
        self.start, self.files = start, sorted(files, key=lambda file: (file.minute, file.server, file.name))
        self.day, self.label = label_of(start)
        self.heard, self.rows, self.unreadable, self.reasons = {}, [], [], {}
        self.within = self.total_lines = 0
        stored = []
        for file in self.files:
            for line in file.lines():
                found = read(line)
                if isinstance(found, str):
                    self.unreadable.append(line)
                    self.reasons[found] = self.reasons.get(found, 0) + 1
                    continue
                number = int(found[0]['id'])
                if number not in self.heard:
                    self.heard[number] = set()
                    if number not in before:
                        row, brought = row_of(*found)
                        stored.append((file.minute, number, row, brought))
                elif file.server in self.heard[number]:
                    self.within += 1
                self.heard[number].add(file.server)
        stored.sort(key=lambda entry: entry[:2])
        self.rows = [entry[2] for entry in stored]
        self.left_out = sorted(number for number in self.heard if number in before)
        self.users = self.newest(stored)

    def newest(self, stored):
        best = {}
        for _, number, row, brought in stored:
            if not row[2]:
                continue
            key = int(row[2]) if re.fullmatch('[0-9]{1,20}', row[2]) else row[2]
            rank = (brought, age(row[3]), number)
            if key not in best or rank > best[key][0]:
                best[key] = (rank, [row[2]] + ([row[6]] + row[10:] if brought else [''] * 11))
        numeric = sorted((key for key in best if isinstance(key, int)))
        odd = sorted((key for key in best if isinstance(key, str)), key=lambda key: key.encode())
        return [best[key][1] for key in numeric + odd]

    def gap(self, server, minute):
        mine = [file.seconds for file in self.files if file.server == server and file.minute == minute]
        return None if None in mine else 60 - min(60, sum(mine))

    def report(self):
        minutes = [self.start + MINUTE * index for index in range(60)]
        only = sum(1 for who in self.heard.values() if len(who) == 1)
        serv, missing, gaps = {}, {}, {}
        for server in (1, 2):
            if server not in servers:
                serv[server] = missing[server] = gaps[server] = ''
                continue
            serv[server] = sum(1 for who in self.heard.values() if server in who)
            missing[server] = sum(1 for minute in minutes if not any(f.server == server and f.minute == minute for f in self.files))
            each = [self.gap(server, minute) for minute in minutes]
            gaps[server] = '' if None in each else sum(each)
        joint = 0
        for minute in minutes:
            each = [self.gap(server, minute) for server in servers]
            least = 0 if 0 in each else None if None in each else min(each)
            joint = '' if least is None or joint == '' else joint + least
        total = len(self.rows)
        two = len(servers) == 2
        # A half goes upwards; Python's own formatting would take it to the even digit.
        percent = Decimal(only * 100) / Decimal(total or 1)
        share = f'{percent.quantize(Decimal("0.01"), ROUND_HALF_UP)}%'
        return [str(part) for part in (self.label, serv[1], serv[2], total, only if two else '', share if two else '',
                                       missing[1], missing[2], gaps[1], gaps[2], joint, len(self.unreadable))]


def say(*words):
    print(*words)


def compare(what, expected, found):
    if expected == found:
        return
    say(f'{what}: expected {len(expected)}, found {len(found)}')
    for index, (one, other) in enumerate(zip(expected, found)):
        if one != other:
            say(f'  first difference at {index}: expected {one!r}, found {other!r}')
            return


def unpack(path):
    if not os.path.exists(path):
        return None
    with lzma.open(path) as handle:
        return handle.read()


def rows_in(content):
    return list(csv.reader(io.StringIO(content.decode('utf-8', 'strict'), newline=''), strict=True))


def check(hour):
    prefix = os.path.join(vault, hour.day, f'{hour.day}_{hour.label}_')
    ids, tweets, users = (unpack(prefix + name) for name in ('IDs.txt.xz', 'tweets.csv.xz', 'users.csv.xz'))
    name = f'{hour.day}_{hour.label}'
    if None in (ids, tweets, users):
        return say(f'{name}: not in the vault')
    compare(f'{name} IDs', [row[0] for row in hour.rows], ids.decode().split('\n')[:-1])
    compare(f'{name} tweets', table(TWEETS, hour.rows), rows_in(tweets))
    compare(f'{name} users', table(USERS, hour.users), rows_in(users))
    compare(f'{name} unreadable', [line.hex() for line in hour.unreadable],
            [line.hex() for line in (unpack(prefix + 'unreadable.jsonl.xz') or b'').split(b'\n')[:-1]])
    with open(prefix + 'receipt.json') as handle:
        counts = json.load(handle)['counts']
    compare(f'{name} reasons', sorted(hour.reasons.items()), sorted(counts['unreadable'].items()))
    compare(f'{name} duplicates', [hour.within, len(hour.left_out)], [counts['duplicates_within'], counts['duplicates_across']])


def main():
    files = list(files_of(1, own)) + ([] if partner == '-' else list(files_of(2, partner)))
    by_hour = {}
    for file in files:
        by_hour.setdefault(start_of(file.minute), []).append(file)
    start, before, days = min(by_hour), set(), {}
    while start <= max(by_hour):
        hour = Hour(start, by_hour.get(start, []), before)
        check(hour)
        days.setdefault(hour.day, []).append('\t'.join(hour.report()))
        start, before = start + timedelta(hours=1), set(hour.heard)
    for day, rows in days.items():
        with open(os.path.join(vault, day, f'{day}_report.txt')) as handle:
            compare(f'{day} report', ['\t'.join(REPORT)] + rows, handle.read().split('\n')[:-1])


main()

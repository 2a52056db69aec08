# An independent reader of segmented WARC files, with nothing but Python's standard library: prints each line of the content
# that is JSON. Takes the files in any order. What the tests hold our own reader against.
import gzip, http.client, io, json, sys, zlib


def records(path):
    data = open(path, 'rb').read()
    if data[:2] == b'\x1f\x8b':
        data = gzip.decompress(data)
    at = 0
    while at < len(data):
        end = data.index(b'\r\n\r\n', at)
        head = {}
        for line in data[at:end].decode('utf-8').split('\r\n')[1:]:
            name, value = line.split(':', 1)
            head[name.lower()] = value.strip()
        length = int(head['content-length'])
        yield head, data[end + 4:end + 4 + length]
        at = end + 4 + length + 4


class Wire:
    def __init__(self, data):
        self.data = data

    def makefile(self, *_):
        return io.BytesIO(self.data)


first, rest = {}, {}
for path in sys.argv[1:]:
    for head, block in records(path):
        if head['warc-type'] == 'response':
            first[head['warc-record-id']] = (head.get('warc-date', ''), block)
        elif head['warc-type'] == 'continuation':
            rest.setdefault(head['warc-segment-origin-id'], []).append((int(head['warc-segment-number']), block))
for origin, (_, block) in sorted(first.items(), key=lambda item: item[1][0]):
    block += b''.join(part for _, part in sorted(rest.get(origin, [])))
    answer = http.client.HTTPResponse(Wire(block))
    answer.begin()
    content = b''
    try:
        while True:
            some = answer.read1(65536)
            if not some:
                break
            content += some
    except http.client.HTTPException:
        pass
    if 'gzip' in answer.headers.get('content-encoding', ''):
        content = zlib.decompressobj(31).decompress(content)
    for line in content.split(b'\n'):
        try:
            json.loads(line)
        except ValueError:
            continue
        sys.stdout.buffer.write(line.rstrip(b'\r') + b'\n')

"""A service that reads DNS zones and answers from them, with a large table in memory."""

import dns.zone
from common import RANDOM, WORDS, serve


def zone(hosts):
    lines = ["@ 3600 IN SOA ns.example.org. root.example.org. 1 7200 900 1209600 86400", "@ 3600 IN NS ns.example.org."]
    for number in range(hosts):
        lines.append(f"{RANDOM.choice(WORDS)}{number} 300 IN A 10.0.{number % 250}.{RANDOM.randint(1, 250)}")
        lines.append(f"{RANDOM.choice(WORDS)}-mail{number} 300 IN MX 10 mail{number}.example.org.")
    return "\n".join(lines)


def answer(text):
    read = dns.zone.from_text(text, origin="example.org.", relativize=False)
    mails = sorted(str(rdata.exchange) for _, _, rdata in read.iterate_rdatas("MX"))
    return f"{len(read.nodes)} {mails[:3]}", read


serve(answer, [zone(90 + 30 * number) for number in range(7)], 200)

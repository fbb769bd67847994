#!/usr/bin/env python3
"""Makes the replicas in this directory with the real litestream v0.5:

    LITESTREAM5_BIN=/path/to/litestream python3 make.py [name ...]

The one called frames is made by an older version, whose pages are LZ4 frames:

    LITESTREAM5_BIN=/path/to/litestream-0.5.5 python3 make.py frames
"""
import glob, hashlib, json, os, random, re, shutil, signal, sqlite3, subprocess, sys, tempfile, time

LITESTREAM = os.environ["LITESTREAM5_BIN"]
HERE = os.path.dirname(os.path.abspath(__file__))
CASES = {
    "small": dict(page_size=512, commits=14),
    "usual": dict(page_size=4096, commits=14),
    "large": dict(page_size=65536, commits=6),
    "frames": dict(page_size=4096, commits=5, checkpoint=1000),
}


def newest(replica):
    names = [re.search(r"-([0-9a-f]{16})\.ltx$", f) for f in glob.glob(replica + "/ltx/0/*.ltx")]
    return max((int(n.group(1), 16) for n in names if n), default=0)


def await_newer(replica, txid):
    deadline = time.time() + 60
    while newest(replica) <= txid:
        if time.time() > deadline:
            raise SystemExit("nothing was replicated")
        time.sleep(0.02)


def commit(db, i, page_size, rng):
    """Rows grow the database, deletions leave free pages, VACUUM shrinks it, and then it grows again."""
    if i == 0:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)")
    elif i % 5 == 3:
        db.execute("DELETE FROM t WHERE id % 3 <> 0")
    elif i % 5 == 4:
        db.execute("VACUUM")
    else:
        for _ in range(6 + rng.randrange(12)):
            row = bytes([rng.randrange(256)]) * rng.randrange(page_size) + rng.randbytes(min(page_size // 32, 256))
            db.execute("INSERT INTO t (v) VALUES (?)", (row,))
        db.execute("UPDATE t SET v = v || ? WHERE id % 7 = 1", (rng.randbytes(9),))
    db.commit()


def make(name, page_size, commits, checkpoint=8):
    rng = random.Random(name)
    with tempfile.TemporaryDirectory() as tmp:
        path, replica = tmp + "/app.db", tmp + "/replica"
        db = sqlite3.connect(path)
        db.execute("PRAGMA page_size = %d" % page_size)
        db.execute("PRAGMA journal_mode = WAL")
        with open(tmp + "/litestream.yml", "w") as f:
            f.write("""
levels: [{interval: 1s}, {interval: 3s}, {interval: 6s}]
snapshot: {interval: 4s, retention: 24h}
l0-retention: 1h
dbs:
  - path: %s
    min-checkpoint-page-count: %d
    monitor-interval: 50ms
    replica: {type: file, path: %s, sync-interval: 50ms}
""" % (path, checkpoint, replica))
        process = subprocess.Popen([LITESTREAM, "replicate", "-config", tmp + "/litestream.yml"],
                                   stdout=open(tmp + "/log", "w"), stderr=subprocess.STDOUT)
        try:
            for i in range(commits):
                txid = newest(replica)
                commit(db, i, page_size, rng)
                await_newer(replica, txid)
                time.sleep(1.1)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
        restores = []
        for txid in range(1, newest(replica) + 1):
            out = "%s/restored-%d.db" % (tmp, txid)
            done = subprocess.run([LITESTREAM, "restore", "-txid", "%016x" % txid, "-o", out, "file://" + replica],
                                  capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(done.stdout + done.stderr)
            with open(out, "rb") as f:
                restored = f.read()
            restores.append(dict(txid=txid, size=len(restored), sha256=hashlib.sha256(restored).hexdigest()))
        objects = {}
        for f in sorted(glob.glob(replica + "/ltx/*/*.ltx")):
            objects[os.path.relpath(f, replica)] = round(os.stat(f).st_mtime * 1000)
        target = HERE + "/" + name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(replica, target + "/replica")
        version = subprocess.run([LITESTREAM, "version"], capture_output=True, text=True).stdout.strip()
        with open(target + "/manifest.json", "w") as f:
            json.dump(dict(version=version, pageSize=page_size, objects=objects, restores=restores), f, indent=1)
            f.write("\n")
        db.close()
        print(name, version, len(objects), "files", len(restores), "transactions")


for name in sys.argv[1:] or ["small", "usual", "large"]:
    make(name, **CASES[name])

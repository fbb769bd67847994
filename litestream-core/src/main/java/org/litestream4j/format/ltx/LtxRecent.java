package org.litestream4j.format.ltx;

import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

/**
 * The single transactions that were stored last, as they are stored: what compacts them a
 * little later need not ask the store for each. So much of them as fits into a fixed room
 * of the replica, and of all replicas of this process, the newest ones; the store has the
 * rest. Thread-safe.
 */
final class LtxRecent {

	/** A larger one is not kept: it is one request among fewer. */
	static final int LARGEST = 1 << 20;

	/** Bytes for one replica. */
	private static final long ROOM = 8L << 20;

	/** Bytes for all of the process. */
	private static final long ROOM_OF_ALL = 64L << 20;

	private static final AtomicLong ALL = new AtomicLong();

	private final TreeMap<Long, byte[]> files = new TreeMap<>();

	private long bytes;

	private boolean closed;

	/** Keeps a file that is stored. */
	synchronized void stored(long txid, byte[] content) {
		if (content.length > LARGEST || this.closed) {
			return;
		}
		byte[] before = this.files.put(txid, content);
		add(content.length - ((before != null) ? before.length : 0));
		while (this.bytes > ROOM || (ALL.get() > ROOM_OF_ALL && !this.files.isEmpty())) {
			add(-this.files.pollFirstEntry().getValue().length);
		}
	}

	private void add(long change) {
		this.bytes += change;
		ALL.addAndGet(change);
	}

	/** A file as it is stored; null if it is not kept. */
	synchronized byte @Nullable [] content(LtxFile file) {
		return (file.level() == 0) ? this.files.get(file.maxTxid()) : null;
	}

	/** Keeps those no longer that are compacted. */
	synchronized void compacted(long upTo) {
		for (Iterator<Map.Entry<Long, byte[]>> old = this.files.headMap(upTo, true).entrySet().iterator(); old
			.hasNext();) {
			add(-old.next().getValue().length);
			old.remove();
		}
	}

	/** Keeps nothing from now on. */
	synchronized void close() {
		this.closed = true;
		forget();
	}

	/** Keeps none any more. */
	synchronized void forget() {
		compacted(Long.MAX_VALUE);
	}

}

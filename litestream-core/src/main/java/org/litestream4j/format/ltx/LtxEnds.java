package org.litestream4j.format.ltx;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;

import org.litestream4j.format.WalPosition;

/**
 * At which positions of the local WAL the newest transactions of a replica end.
 * Thread-safe.
 */
final class LtxEnds {

	/** So many are known. */
	private static final int MOST = 4096;

	private record End(WalPosition position, long txid) {
	}

	/** The newest last. */
	private final Deque<End> ends = new ArrayDeque<>();

	/** Says that the replica holds everything up to a position, and nothing after it. */
	synchronized void put(WalPosition position, long txid) {
		this.ends.addLast(new End(position, txid));
		if (this.ends.size() > MOST) {
			this.ends.removeFirst();
		}
	}

	/** The transaction that ends at a position; empty if none is known to. */
	synchronized Optional<Long> txid(WalPosition position) {
		for (Iterator<End> newest = this.ends.descendingIterator(); newest.hasNext();) {
			End end = newest.next();
			if (end.position().equals(position)) {
				return Optional.of(end.txid());
			}
			if (!end.position().generation().equals(position.generation())) {
				return Optional.empty();
			}
			if (position.isAfter(end.position())) {
				// The beginning of a WAL is where the one before ended
				return (position.offset() == 0) ? Optional.of(end.txid()) : Optional.empty();
			}
		}
		return Optional.empty();
	}

}

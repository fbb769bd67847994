package org.litestream4j.live;

import java.util.NavigableMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * What the shadow WAL holds at one moment, against which the end of a replica is held.
 * Only numbers are compared: that the bytes are the same is for whoever can read both.
 *
 * @param history what was done to the numbers
 * @param ends where each index ends that is here
 * @param end where the newest ends; null if there is no generation
 * @param closed whether the newest ends there for good, as a snapshot of the next index
 * was taken
 */
record LocalCopy(RunHistory history, NavigableMap<Integer, Long> ends, @Nullable WalPosition end, boolean closed) {

	static LocalCopy of(LocalState state, NavigableMap<Integer, Long> ends, @Nullable WalPosition end, boolean closed) {
		return new LocalCopy(state.history(), ends, end, closed);
	}

	Continuation continuationOf(WalPosition dataEnd, @Nullable String writerRun) {
		WalPosition local = this.end;
		Generation generation = (local != null) ? local.generation() : null;
		if (local == null || !dataEnd.generation().equals(generation)) {
			return new Continuation.OtherGeneration(generation);
		}
		RunHistory.Translation translation = this.history.translate(dataEnd, writerRun);
		if (translation instanceof RunHistory.Translation.BeforeRestored) {
			return new Continuation.TooOld(oldest(local));
		}
		if (translation instanceof RunHistory.Translation.Known known) {
			return find(known.position(), known.moved(), local);
		}
		return new Continuation.UnknownWriter(writerRun);
	}

	private int oldest(WalPosition local) {
		return this.ends.isEmpty() ? local.index() : this.ends.firstKey();
	}

	private Continuation find(WalPosition position, boolean moved, WalPosition local) {
		Long here = this.ends.get(position.index());
		if (this.closed && position.equals(new WalPosition(local.generation(), local.index() + 1, 0))) {
			return new Continuation.At(position, 0); // a snapshot holds all that is here
		}
		if (here == null && position.index() != local.index()) {
			return position.isAfter(local) ? new Continuation.Behind(position, local)
					: missing(position, oldest(local));
		}
		long copied = (here != null) ? here : local.offset();
		Integer next = this.ends.higherKey(position.index());
		if (position.offset() > copied) {
			return (next == null) ? new Continuation.Behind(position, local)
					: new Continuation.Contradiction(
							"holds more of WAL index %08x, which ended at %d, than was ever here"
								.formatted(position.index(), copied));
		}
		if (!moved) {
			return new Continuation.At(position, 0);
		}
		if (position.offset() == copied && (next != null || this.closed)) {
			// Nothing of the index is missing there, and nothing can follow in it
			int following = (next != null) ? next : position.index() + 1;
			return new Continuation.At(new WalPosition(position.generation(), following, 0), 0);
		}
		return new Continuation.At(position.at(0), position.offset());
	}

	private static Continuation missing(WalPosition position, int oldest) {
		return (position.index() < oldest) ? new Continuation.TooOld(oldest) : new Continuation.Contradiction(
				"holds WAL index %08x, a number that nothing here has had".formatted(position.index()));
	}

}

package org.litestream4j.shadow;

import java.nio.file.NoSuchFileException;
import java.util.NavigableMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * How far each index of the current generation was copied. The engine moves it, replicas
 * ask it from their own threads, so every answer is of one moment, and outdated the next:
 * an index that is here can be deleted before it is opened. Thread-safe.
 */
final class ShadowIndexes {

	/** Committed bytes of each file, by index. */
	private final NavigableMap<Integer, Long> ends;

	@Nullable private volatile WalPosition position;

	/**
	 * Creates it.
	 * @param ends by index
	 * @param position where the newest one ends; null if there is no generation yet
	 */
	ShadowIndexes(NavigableMap<Integer, Long> ends, @Nullable WalPosition position) {
		this.ends = ends;
		this.position = position;
	}

	@Nullable WalPosition position() {
		return this.position;
	}

	WalPosition requirePosition() {
		WalPosition known = this.position;
		if (known == null) {
			throw new IllegalStateException("no generation has started");
		}
		return known;
	}

	/** Forgets the indexes of the generation before. */
	synchronized void start(Generation generation) {
		this.ends.clear();
		this.position = new WalPosition(generation, 0, 0);
	}

	/** Everything up to here has been copied. */
	synchronized void reached(WalPosition end) {
		this.ends.put(end.index(), end.offset());
		this.position = end;
	}

	synchronized int oldest() {
		return this.ends.isEmpty() ? requirePosition().index() : this.ends.firstKey();
	}

	synchronized long end(Generation generation, int index) throws NoSuchFileException {
		WalPosition now = requirePosition();
		Long end = now.generation().equals(generation) ? this.ends.get(index) : null;
		if (end != null) {
			return end;
		}
		if (now.equals(new WalPosition(generation, index, 0))) {
			return 0;
		}
		throw new NoSuchFileException("WAL index %08x of generation %s".formatted(index, generation));
	}

	synchronized long size() {
		return this.ends.values().stream().mapToLong(Long::longValue).sum();
	}

	synchronized long bytesAfter(WalPosition from) {
		long bytes = this.ends.tailMap(from.index()).values().stream().mapToLong(Long::longValue).sum();
		return this.ends.containsKey(from.index()) ? Math.max(bytes - from.offset(), 0) : bytes;
	}

	/**
	 * The oldest index, if it is before another one and not the newest.
	 * @return null if there is none
	 */
	@Nullable synchronized Integer oldestBefore(int index) {
		return (this.ends.size() < 2 || this.ends.firstKey() >= index) ? null : this.ends.firstKey();
	}

	/** Forgets an index that was deleted. */
	synchronized void remove(int index) {
		this.ends.remove(index);
	}

}

package org.litestream4j.format.v03;

import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.V03Replica;

/**
 * What a replica is known to hold of the current generation: what it listed when its
 * position was looked for, and what it has acknowledged since. A later listing is held
 * against it. Each of the newest segments is known by its size; of older ones, of which
 * there may be millions, a {@link Tally} per WAL index is kept. Thread-safe.
 */
final class StoredObjects implements V03Replica.Witness {

	/** How many segments are known one by one: a listing may lack the newest for long. */
	private static final int MOST_RECENT = 10_000;

	/** How many left generations are remembered as this engine's own. */
	private static final int MOST_OWN = 1000;

	private final Set<Generation> own = new LinkedHashSet<>();

	private final TreeMap<Integer, Long> snapshots = new TreeMap<>();

	/** Indexes of snapshots that were sent, answered or not. */
	private final Set<Integer> sentSnapshots = new HashSet<>();

	private final TreeMap<Integer, Tally> older = new TreeMap<>();

	private final TreeMap<Long, Long> recent = new TreeMap<>();

	/** When others stored their newest, as of the last audit; null before the first. */
	@Nullable private Map<Generation, Instant> others;

	@Nullable private Generation current;

	/**
	 * The segments of one index, as one number each for how many they are and for their
	 * positions and sizes.
	 *
	 * @param count how many
	 * @param sum of what each position and size is mixed to, in any order
	 * @param newest the key of the newest
	 */
	record Tally(int count, long sum, long newest) {

		static final Tally NONE = new Tally(0, 0, -1);

		Tally with(long key, long size) {
			return new Tally(this.count + 1, this.sum + mix(mix(key) ^ size), Math.max(this.newest, key));
		}

		private static long mix(long value) {
			long mixed = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
			mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
			return mixed ^ (mixed >>> 33);
		}

	}

	/**
	 * What is known, at one moment. Immutable.
	 *
	 * @param generation the current one; null while none was looked at
	 * @param own generations of this engine, the current one included
	 * @param snapshots sizes by index
	 * @param sentSnapshots indexes of those that may be there, now or later, as they were
	 * sent
	 * @param older segments by index
	 * @param recent sizes of the newest segments, by {@link #key}
	 * @param others when the newest object of each other generation was stored, as of the
	 * last audit; null before the first
	 */
	record Known(@Nullable Generation generation, Set<Generation> own, NavigableMap<Integer, Long> snapshots,
			Set<Integer> sentSnapshots, NavigableMap<Integer, Tally> older, NavigableMap<Long, Long> recent,
			@Nullable Map<Generation, Instant> others) {

		/** The key of the newest segment; -1 if none is known. */
		long newestKey() {
			long newest = this.older.isEmpty() ? -1 : this.older.lastEntry().getValue().newest();
			return this.recent.isEmpty() ? newest : Math.max(newest, this.recent.lastKey());
		}

		/**
		 * The lowest index of which a segment is known; objects before it are left-overs.
		 */
		int lowestIndex() {
			int lowest = this.older.isEmpty() ? Integer.MAX_VALUE : this.older.firstKey();
			return this.recent.isEmpty() ? lowest : Math.min(lowest, index(this.recent.firstKey()));
		}

	}

	/** Orders the segments of a generation. */
	static long key(int index, long offset) {
		return (long) index << 32 | offset;
	}

	static long key(WalSegment segment) {
		return key(segment.index(), segment.offset());
	}

	static int index(long key) {
		return (int) (key >>> 32);
	}

	/** A segment was acknowledged. */
	@Override
	public synchronized void stored(WalSegment segment) {
		if (isCurrent(segment.generation())) {
			this.recent.put(key(segment), segment.size());
			if (this.recent.size() > MOST_RECENT) {
				foldOldest();
			}
		}
	}

	/**
	 * A snapshot is about to be sent. If its answer is lost, it may be stored all the
	 * same.
	 */
	synchronized void sendingSnapshot(Generation generation, int index) {
		if (isCurrent(generation)) {
			this.sentSnapshots.add(index);
		}
	}

	/** A snapshot was acknowledged. */
	@Override
	public synchronized void stored(Snapshot snapshot) {
		if (isCurrent(snapshot.generation())) {
			this.snapshots.put(snapshot.index(), snapshot.size());
		}
	}

	/** The snapshots of the current generation were listed, to find its position. */
	@Override
	public synchronized void listedSnapshots(Generation generation, List<Snapshot> listed) {
		if (isCurrent(generation)) {
			listed.forEach((snapshot) -> this.snapshots.putIfAbsent(snapshot.index(), snapshot.size()));
		}
	}

	/** Its segments were listed. What was acknowledged before counts as well. */
	@Override
	public synchronized void listedSegments(Generation generation, List<WalSegment> listed) {
		if (!isCurrent(generation)) {
			return;
		}
		if (this.older.isEmpty() && this.recent.isEmpty()) {
			remember(listed);
			return;
		}
		long known = known().newestKey();
		listed.stream().filter((segment) -> key(segment) > known).forEach(this::stored);
	}

	/**
	 * All but the newest become part of a tally: that one is written again if it turns
	 * out to be damaged.
	 */
	private void remember(List<WalSegment> segments) {
		long newest = segments.stream().mapToLong(StoredObjects::key).max().orElse(-1);
		for (WalSegment segment : segments) {
			if (key(segment) == newest) {
				this.recent.putIfAbsent(newest, segment.size());
			}
			else {
				this.older.put(segment.index(),
						this.older.getOrDefault(segment.index(), Tally.NONE).with(key(segment), segment.size()));
			}
		}
	}

	/** A generation that was left does not come back. */
	private boolean isCurrent(Generation generation) {
		if (this.own.add(generation)) {
			this.current = generation;
			this.snapshots.clear();
			this.sentSnapshots.clear();
			this.older.clear();
			this.recent.clear();
			if (this.own.size() > MOST_OWN) {
				this.own.remove(this.own.iterator().next());
			}
		}
		return generation.equals(this.current);
	}

	private void foldOldest() {
		for (int i = 0; i < MOST_RECENT / 2; i++) {
			Map.Entry<Long, Long> oldest = this.recent.pollFirstEntry();
			this.older.put(index(oldest.getKey()), this.older.getOrDefault(index(oldest.getKey()), Tally.NONE)
				.with(oldest.getKey(), oldest.getValue()));
		}
	}

	/** The one that was looked at last; null before the first. */
	@Nullable synchronized Generation generation() {
		return this.current;
	}

	/** What is known now. */
	synchronized Known known() {
		return new Known(this.current, Set.copyOf(this.own), new TreeMap<>(this.snapshots),
				Set.copyOf(this.sentSnapshots), new TreeMap<>(this.older), new TreeMap<>(this.recent),
				(this.others != null) ? Map.copyOf(this.others) : null);
	}

	/**
	 * Takes a listing for what is there, up to the newest segment that was known before
	 * it was read. Also after it failed its audit, once that was acted upon.
	 * @param before what was known before the listing was read
	 * @param listing what was listed
	 */
	synchronized void accept(Known before, ListedObjects listing) {
		Map<Generation, Instant> times = listing.newestTimes();
		times.keySet().removeAll(this.own);
		this.others = times;
		Generation generation = before.generation();
		long newest = before.newestKey();
		boolean overtaken = !this.older.isEmpty() && this.older.lastEntry().getValue().newest() > newest;
		if (generation == null || !generation.equals(this.current) || overtaken) {
			return;
		}
		this.snapshots.keySet().removeAll(before.snapshots().keySet());
		listing.snapshots(generation)
			.forEach((snapshot) -> this.snapshots.putIfAbsent(snapshot.index(), snapshot.size()));
		this.older.clear();
		this.recent.headMap(newest, false).clear();
		// Unless it was rewritten
		this.recent.remove(newest, before.recent().get(newest));
		remember(listing.segments(generation).stream().filter((segment) -> key(segment) <= newest).toList());
	}

	/**
	 * Expects no longer what retention deletes: whole indexes, the oldest ones. What is
	 * left if that fails is no news.
	 */
	synchronized void forget(RetentionPlan plan) {
		plan.snapshots()
			.stream()
			.filter((snapshot) -> snapshot.generation().equals(this.current))
			.forEach((snapshot) -> this.snapshots.remove(snapshot.index()));
		int last = plan.segments()
			.stream()
			.filter((segment) -> segment.generation().equals(this.current))
			.mapToInt(WalSegment::index)
			.max()
			.orElse(-1);
		this.older.headMap(last, true).clear();
		this.recent.headMap(key(last + 1, 0), false).clear();
	}

}

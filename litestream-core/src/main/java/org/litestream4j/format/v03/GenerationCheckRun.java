package org.litestream4j.format.v03;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.inspect.CheckReport.GenerationCheck;
import org.litestream4j.inspect.CheckedReads;
import org.litestream4j.inspect.Findings;
import org.litestream4j.inspect.Finding.Kind;
import org.litestream4j.restore.ObjectFetcher;
import org.litestream4j.restore.ObjectPrefetcher;
import org.litestream4j.restore.PageTarget;
import org.litestream4j.restore.RestoreMeter;
import org.litestream4j.restore.RestoreThreads;
import org.litestream4j.sqlite.DatabaseHeader;

/**
 * Reads the snapshots of a generation, and then its WAL from one end to the other, as a
 * restore would from each snapshot: so it is known which states can be restored. Not
 * thread-safe, and for one run.
 */
final class GenerationCheckRun {

	private final GenerationListing listing;

	private final ObjectCodec codec;

	private final CheckedReads reads;

	private final Findings findings;

	private final RestoreMeter meter;

	/** Those that can be used, by index. */
	private final TreeMap<Integer, Base> bases = new TreeMap<>();

	/** Where the WAL does not go on, and why. */
	private final Map<WalPosition, String> breaks = new HashMap<>();

	/** Whether a snapshot leads to where the WAL was read up to. */
	private boolean linked;

	/** The snapshot that leads here, while it may hold what comes. */
	@Nullable private Base begunWith;

	/** The last segment that was stored before that snapshot; null if there is none. */
	@Nullable private WalPosition begunUntil;

	/** What is known of the pages, from the newest snapshot on. */
	private KnownPages pages = new KnownPages(0, 0);

	/** Null where nothing can be verified in this index any more. */
	@Nullable private WalApplier applier;

	private long pageSize;

	private long restorePoints;

	private long transactions;

	private int surplus;

	@Nullable private WalSegment lastSurplus;

	@Nullable private Instant firstAt;

	@Nullable private Instant lastAt;

	@Nullable private WalPosition end;

	private int gone;

	private long snapshotNanos;

	private long segmentNanos;

	/**
	 * A snapshot that can be used.
	 *
	 * @param snapshot as listed
	 * @param held how much of the WAL of its index it holds; null if it does not say
	 * @param size of the database in bytes
	 * @param freePages as its first page counts them
	 */
	private record Base(Snapshot snapshot, @Nullable Long held, long size, long freePages) {
	}

	GenerationCheckRun(GenerationListing listing, ObjectCodec codec, CheckedReads reads, Findings findings,
			RestoreMeter meter) {
		this.listing = listing;
		this.codec = codec;
		this.reads = reads;
		this.findings = findings;
		this.meter = meter;
	}

	/** Reads all of it. */
	GenerationCheck run(ObjectFetcher fetcher, RestoreThreads threads, long memory) throws IOException {
		long begin = System.nanoTime();
		for (Snapshot snapshot : this.listing.snapshots()) {
			read(snapshot, fetcher);
		}
		this.snapshotNanos = System.nanoTime() - begin;
		try (ObjectPrefetcher objects = new ObjectPrefetcher(
				this.listing.segments().stream().map(V03Replica::object).iterator(), fetcher, threads, memory)) {
			readSegments(objects);
		}
		this.segmentNanos = System.nanoTime() - begin - this.snapshotNanos;
		tellSurplus();
		long bytes = this.listing.snapshots().stream().mapToLong(Snapshot::size).sum()
				+ this.listing.segments().stream().mapToLong(WalSegment::size).sum();
		return new GenerationCheck(this.listing.generation().name(), null, this.listing.snapshots().size(),
				this.listing.segments().size(), bytes, this.restorePoints, this.transactions, this.firstAt,
				this.lastAt);
	}

	private void read(Snapshot snapshot, ObjectFetcher fetcher) throws IOException {
		String name = ReplicaLayout.nameOf(snapshot);
		Base[] base = new Base[1];
		CheckedReads.Result result = read(name, snapshot.size(),
				() -> this.meter.measure(fetcher.openAlone(V03Replica.object(snapshot))),
				(content, decoder) -> base[0] = read(snapshot, content, decoder));
		if (result == CheckedReads.Result.GOOD) {
			this.bases.put(snapshot.index(), base[0]);
		}
		else if (result == CheckedReads.Result.GONE) {
			this.gone++;
		}
	}

	/** Looks at the shape of a database. */
	private Base read(Snapshot snapshot, InputStream content, ObjectCodec.Decoder decoder) throws IOException {
		byte[] first = content.readNBytes(DatabaseHeader.SMALLEST_PAGE);
		DatabaseHeader header = DatabaseHeader.parse(first, first.length, "it");
		long size = first.length + content.transferTo(OutputStream.nullOutputStream());
		if (size == 0 || size % header.pageSize() != 0) {
			throw new EOFException(
					"it has %d bytes, which are no whole pages of %d".formatted(size, header.pageSize()));
		}
		if (first[DatabaseHeader.SIZE] != 13 && first[DatabaseHeader.SIZE] != 5) {
			throw new IOException("its first page is no page of a schema");
		}
		Long held = Optional.ofNullable(decoder.note()).map(ObjectNote::offset).orElse(null);
		// A copy by Litestream v0.3 may be ahead of its own pages until WAL is applied
		if (held != null && header.pages() > size / header.pageSize()) {
			throw new EOFException(
					"its header counts %d pages, and it has %d".formatted(header.pages(), size / header.pageSize()));
		}
		this.pageSize = header.pageSize();
		return new Base(snapshot, held, size, KnownPages.freePages(first, 0));
	}

	private void readSegments(ObjectPrefetcher objects) throws IOException {
		List<WalSegment> all = this.listing.segments();
		int index = -1;
		int next;
		for (int begin = 0; begin < all.size(); begin = next) {
			next = begin + 1;
			while (next < all.size() && all.get(next).index() == all.get(begin).index()) {
				next++;
			}
			beginIndex(all, begin, next, index);
			index = all.get(begin).index();
			for (WalSegment segment : all.subList(begin, next)) {
				read(segment, objects);
				this.meter.advance(segment.size());
			}
			endIndex(index);
		}
		for (Base alone : this.bases.tailMap(index, false).values()) {
			if (this.linked && alone.snapshot().index() > index + 1) {
				missing(new WalPosition(this.listing.generation(), index + 1, 0));
			}
			count(alone.snapshot().createdAt(), 1);
			this.restorePoints++;
			this.end = new WalPosition(this.listing.generation(), alone.snapshot().index(),
					(alone.held() != null) ? alone.held() : 0);
		}
	}

	/** Looks at the content of an object. */
	private interface Look {

		void at(InputStream content, ObjectCodec.Decoder decoder) throws IOException;

	}

	private CheckedReads.Result read(String name, long size, CheckedReads.Opening opening, Look look)
			throws IOException {
		return this.reads.read(name, size, opening, (stored) -> {
			PushbackInputStream begin = new PushbackInputStream(stored, Encrypted.LOOK);
			Encrypted.refuse(name, begin);
			ObjectCodec.Decoder decoder = this.codec.decoder();
			look.at(decoder.decode(begin), decoder);
		});
	}

	private void beginIndex(List<WalSegment> all, int begin, int next, int before) {
		int index = all.get(begin).index();
		Integer expected = this.linked ? (Integer) (before + 1) : this.bases.higherKey(before);
		if (expected != null && expected < index) {
			missing(new WalPosition(this.listing.generation(), expected, 0));
		}
		Base base = this.bases.get(index);
		if (base != null) {
			this.pages = new KnownPages(base.size(), base.freePages());
			if (!this.linked) {
				beginWith(base, all.subList(begin, all.size()));
			}
		}
		int size = (this.pageSize != 0) ? (int) this.pageSize : WalApplier.ANY_PAGE_SIZE;
		this.applier = new WalApplier(this.pages, size, all.subList(begin, next));
	}

	/**
	 * Nothing leads to what a snapshot may hold already, which was stored before it: only
	 * to all of that.
	 */
	private void beginWith(Base base, List<WalSegment> from) {
		this.linked = true;
		this.begunWith = base;
		this.begunUntil = null;
		for (WalSegment segment : from) {
			if (segment.createdAt().isAfter(base.snapshot().createdAt())) {
				break;
			}
			this.begunUntil = segment.start();
		}
		if (this.begunUntil == null) {
			count(base.snapshot().createdAt(), 1);
			this.restorePoints++;
		}
	}

	private void endIndex(int index) throws IOException {
		if (this.applier != null) {
			this.applier.finishIndex();
		}
		Base base = this.bases.get(index);
		WalPosition at = (this.applier != null) ? this.applier.position() : null;
		if (base != null && base.held() != null && at != null && at.offset() > 0 && at.offset() < base.held()) {
			missing(at);
		}
	}

	private void read(WalSegment segment, ObjectPrefetcher objects) throws IOException {
		WalApplier current = this.applier;
		if (current != null && !current.follows(segment)) {
			WalPosition at = current.position();
			missing((at != null) ? at : segment.start().at(0));
			current = null;
			this.applier = null;
		}
		long before = (current != null) ? current.transactions() : 0;
		WalApplier applying = current;
		CheckedReads.Result result = read(ReplicaLayout.nameOf(segment), segment.size(), () -> objects.next(this.meter),
				(content, decoder) -> {
					if (applying != null) {
						applying.apply(segment, content, null);
						if (this.linked) {
							this.pages.requirePlausible(applying.databaseSize(), applying.pageSize());
						}
					}
					content.transferTo(OutputStream.nullOutputStream());
				});
		switch (result) {
			case GOOD -> {
				if (current != null) {
					good(segment, Objects.requireNonNull(current.position()), current.transactions() - before);
				}
			}
			case BAD ->
				stop(segment.start(), "%s is damaged or cannot be read".formatted(ReplicaLayout.nameOf(segment)));
			case GONE -> {
				this.gone++;
				stop(segment.start(), "%s was deleted meanwhile".formatted(ReplicaLayout.nameOf(segment)));
			}
		}
	}

	private void good(WalSegment segment, WalPosition at, long added) {
		if (!this.linked) {
			this.surplus++;
			this.lastSurplus = segment;
			return;
		}
		this.end = at;
		Base base = this.begunWith;
		WalPosition until = this.begunUntil;
		if (base == null || until == null || segment.start().isAfter(until)) {
			this.begunWith = null;
			if (added > 0) {
				this.restorePoints++;
				count(segment.createdAt(), added);
			}
		}
		else if (segment.start().equals(until)) {
			this.restorePoints++;
			count(base.snapshot().createdAt(), 1);
		}
	}

	private void count(Instant at, long states) {
		this.transactions += states;
		this.firstAt = (this.firstAt == null || at.isBefore(this.firstAt)) ? at : this.firstAt;
		this.lastAt = (this.lastAt == null || at.isAfter(this.lastAt)) ? at : this.lastAt;
	}

	private void missing(WalPosition start) {
		String name = ReplicaLayout.segmentName(start);
		if (this.linked || this.bases.containsKey(start.index())) {
			this.findings.add(Kind.MISSING, name,
					"%s is missing: no state after it can be restored, up to the next snapshot".formatted(name));
		}
		stop(start, "%s is missing".formatted(name));
	}

	private void stop(WalPosition at, String why) {
		this.breaks.putIfAbsent(at, why);
		this.linked = false;
		this.applier = null;
	}

	private void tellSurplus() {
		WalSegment last = this.lastSurplus;
		if (last != null) {
			this.findings.add(Kind.SURPLUS, ReplicaLayout.nameOf(last),
					"Generation %s has %d WAL segments, up to %s, that no snapshot leads to: they restore nothing"
						.formatted(this.listing.generation(), this.surplus, ReplicaLayout.nameOf(last)));
		}
	}

	/** Whether a snapshot can be used. */
	boolean isUsable(Snapshot snapshot) {
		return this.bases.containsKey(snapshot.index());
	}

	/** Why a plan cannot be carried out; empty if it can. */
	Optional<String> obstacle(V03Plan plan) {
		WalPosition begin = new WalPosition(plan.generation(), plan.snapshot().index(), 0);
		WalPosition last = plan.lastStart();
		return this.breaks.entrySet()
			.stream()
			.filter((entry) -> !begin.isAfter(entry.getKey()) && !isBehind(entry.getKey(), last))
			.map(Map.Entry::getValue)
			.findFirst();
	}

	/** What is missing at the end of an index belongs to what is before it. */
	private boolean isBehind(WalPosition stop, WalPosition lastStart) {
		return stop.index() > lastStart.index();
	}

	/** Where the last state ends that can be restored; null if there is none. */
	@Nullable WalPosition end() {
		return this.end;
	}

	/** How many objects went while they were read. */
	int gone() {
		return this.gone;
	}

	long snapshotNanos() {
		return this.snapshotNanos;
	}

	long segmentNanos() {
		return this.segmentNanos;
	}

	/** As much of a database as tells whether pages of it are missing. */
	private static final class KnownPages implements PageTarget {

		private long size;

		private long freePages;

		KnownPages(long size, long freePages) {
			this.size = size;
			this.freePages = freePages;
		}

		/* Database header: 36 number of free pages, big-endian */
		static long freePages(byte[] pageOne, int offset) {
			return Integer.toUnsignedLong(ByteBuffer.wrap(pageOne).getInt(offset + 36));
		}

		@Override
		public void write(long position, byte[] bytes, int offset, int length) {
			this.size = Math.max(this.size, position + length);
			if (position == 0) {
				this.freePages = freePages(bytes, offset);
			}
		}

		@Override
		public void truncate(long wanted) {
			this.size = wanted;
		}

		/** As a restore requires it. */
		void requirePlausible(long wanted, int pageSize) throws IOException {
			if (wanted > this.size && (wanted - this.size) / pageSize > this.freePages) {
				throw new IOException(
						"its last commit names a database of %d pages, but at most %d are possible: WAL before it is missing"
							.formatted(wanted / pageSize, this.size / pageSize + this.freePages));
			}
		}

	}

}

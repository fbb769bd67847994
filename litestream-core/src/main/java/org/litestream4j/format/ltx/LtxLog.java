package org.litestream4j.format.ltx;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.LtxOptions;
import org.litestream4j.database.DatabaseFile;
import org.litestream4j.format.Generation;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.io.OnFailure;
import org.litestream4j.live.Continuation;
import org.litestream4j.live.DatabaseView;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.replication.LocalCopyException;
import org.litestream4j.replication.ReplicaDivergedException;
import org.litestream4j.replication.ReplicaLog;
import org.litestream4j.replication.SentSegment;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalHeader;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.Precondition;

/**
 * One replica as a log of transactions, each a file of level 0. The newest file says to
 * which place of which WAL it belongs, so that going on needs no note of what was sent.
 * Where that place is not one of the local copy, the next file holds the whole database.
 */
final class LtxLog implements ReplicaLog {

	private static final Logger logger = LoggerFactory.getLogger(LtxLog.class);

	/** A piece larger than this is cut after a commit, to catch up in steps. */
	private static final long LARGE = 64L << 20;

	private final LtxReplica replica;

	private final LtxAppend append;

	private final LtxKnown known = new LtxKnown();

	private final ShadowWal shadow;

	private final DatabaseFile database;

	private final LtxOptions options;

	private final LtxRecent recent = new LtxRecent();

	private final LtxCompactor compactor;

	private final LtxUpkeep upkeep;

	/** Held while files are made of others, or deleted. */
	private final ReentrantLock compacting = new ReentrantLock();

	/** Held while a piece is stored, by who decides that none may be. */
	private final ReentrantLock appending = new ReentrantLock();

	private final AtomicReference<Tail> tail = new AtomicReference<>(new Tail.Unknown());

	private volatile @Nullable Generation generation;

	/** At which positions which transactions end. */
	private final LtxEnds ends = new LtxEnds();

	/** Where a piece has to end. */
	private volatile @Nullable WalPosition wantedEnd;

	/** What the next file follows. */
	private sealed interface Tail {

		/** The replica was not looked at yet. */
		record Unknown() implements Tail {
		}

		/**
		 * The next file holds the whole database.
		 *
		 * @param newest the last transaction; 0 if there is none
		 * @param pageSize of the state that can be restored up to there; 0 if none can
		 */
		record Beginning(long newest, int pageSize) implements Tail {

			/** Whether a restore comes to the next file through those before it. */
			boolean leadsTo(int nextPageSize) {
				return this.newest == 0 || this.pageSize == nextPageSize;
			}

		}

		/**
		 * That file is being stored.
		 *
		 * @param newest the last transaction before it
		 */
		record Storing(long newest) implements Tail {
		}

		/**
		 * The next file goes on.
		 *
		 * @param newest the last transaction
		 * @param end the position that the replica has reached
		 * @param pages the database's size there
		 */
		record GoingOn(long newest, WalPosition end, int pages) implements Tail {
		}

	}

	LtxLog(ObjectStore store, ShadowWal shadow, DatabaseFile database, LtxOptions options) {
		this.replica = new LtxReplica(store);
		this.append = new LtxAppend(this.replica);
		this.compactor = new LtxCompactor(this.replica, this.known, this.recent);
		this.upkeep = new LtxUpkeep(this.compactor, this.known, this.compacting, options.levelIntervals(),
				System::nanoTime);
		this.shadow = shadow;
		this.database = database;
		this.options = options;
	}

	@Override
	public Standing resume(WalPosition local, @Nullable SentSegment acknowledged) throws IOException {
		if (acknowledged != null && acknowledged.position().isAfter(local)) {
			throw new ReplicaDivergedException(
					"it holds WAL up to %s, which the local disk has lost".formatted(acknowledged.position()));
		}
		Tail before = this.tail.get();
		LtxKnown listed = LtxKnown.read(this.replica);
		this.recent.forget();
		this.known.become(listed);
		this.upkeep.listed();
		this.generation = local.generation();
		long newest = listed.newestTxid();
		LtxEnd end = endOf(listed);
		boolean whole = LtxChain.towards(listed.all(), newest).reached() == newest;
		Tail.Beginning beginning = new Tail.Beginning(newest, (end != null && whole) ? end.header().pageSize() : 0);
		if (end == null || !whole || !end.isOf(local.generation())) {
			found(before, beginning);
			return new Standing(local.at(0), null, null);
		}
		if (acknowledged != null && acknowledged.position().isAfter(end.position())
				&& Objects.equals(end.run(), this.shadow.run())) {
			throw new ReplicaDivergedException("it ends at %s, but had acknowledged WAL up to %s"
				.formatted(end.position(), acknowledged.position()));
		}
		Continuation.At at = at(this.shadow.continuationOf(end.position(), end.run()));
		if (!isProven(end, at)) {
			logger.warn("Replica {} ends with another WAL than the local copy, and goes on with the whole database",
					this.replica.store().url());
			found(before, beginning);
			return new Standing(local.at(0), null, null);
		}
		// What the replica holds of an index need not be repeated: pages have no place in
		// it
		WalPosition next = (at.reach() > 0) ? at.position().at(at.reach()) : at.position();
		this.ends.put(next, newest);
		found(before, new Tail.GoingOn(newest, next, end.header().pages()));
		return new Standing(next, newestSnapshot(local.generation()), null, 0, next.index());
	}

	/** What was listed may lack what somebody has begun to store since. */
	private void found(Tail before, Tail now) throws IOException {
		if (!this.tail.compareAndSet(before, now)) {
			throw new IOException("the log was begun while the replica was listed");
		}
	}

	@Nullable private LtxEnd endOf(LtxKnown listed) throws IOException {
		try {
			return LtxEnd.read(this.replica, listed);
		}
		catch (LtxDamagedException ex) {
			logger.warn("Replica {}: its newest file is damaged, and the whole database is stored after it: {}",
					this.replica.store().url(), ex.getMessage());
			return null;
		}
	}

	private static Continuation.At at(Continuation found) throws ReplicaDivergedException {
		return found.found().orElseThrow(() -> new ReplicaDivergedException("it " + found.describe()));
	}

	/** Whatever numbers say: the WAL that the replica ends with must be the one here. */
	private boolean isProven(LtxEnd end, Continuation.At at) throws IOException {
		WalPosition next = at.position();
		long offset = end.position().offset();
		if (offset == 0) {
			return true; // of the state that the generation began with
		}
		int index = next.index();
		if (at.reach() == 0 && next.offset() == 0) {
			index = this.shadow.indexBefore(next.index());
			if (index == next.index() || this.shadow.end(next.generation(), index) != offset) {
				return true; // the state was restored from there: its WAL never was here
			}
		}
		Mark mark = markAt(new WalPosition(next.generation(), index, offset));
		LtxHeader header = end.header();
		return mark.header().pageSize() == header.pageSize()
				&& mark.header().salts() == (((long) header.salt1() << 32) | (header.salt2() & 0xffff_ffffL))
				&& mark.check() == end.origin().check();
	}

	/** What the local copy says of a place. */
	private record Mark(WalHeader header, int check) {
	}

	private Mark markAt(WalPosition end) throws IOException {
		return LocalCopyException.wrap(end, () -> {
			try (RandomAccessFile wal = this.shadow.openIndex(end.generation(), end.index())) {
				byte[] bytes = new byte[WalHeader.SIZE];
				wal.readFully(bytes);
				WalHeader header = WalHeader.parse(bytes, end.toString());
				wal.seek(end.offset() - header.frameSize());
				wal.readFully(bytes, 0, WalFrame.HEADER_SIZE);
				return new Mark(header, LtxOrigin.check(WalFrame.checksum(bytes, 0)));
			}
		});
	}

	@Nullable private Snapshot newestSnapshot(Generation current) {
		List<LtxFile> whole = this.known.whole();
		return whole.isEmpty() ? null : snapshot(current, whole.get(whole.size() - 1));
	}

	private static Snapshot snapshot(Generation current, LtxFile file) {
		return new Snapshot(current, 0, file.size(), file.storedAt());
	}

	@Override
	public boolean isToBegin() {
		Tail now = this.tail.get();
		return now instanceof Tail.Beginning || now instanceof Tail.Storing;
	}

	@Override
	public boolean isBeginning() {
		return this.tail.get() instanceof Tail.Storing;
	}

	@Override
	public boolean goesOnWhereListed() {
		return true;
	}

	@Override
	public void beginAgain() {
		this.appending.lock();
		try {
			if (this.tail.get() instanceof Tail.GoingOn now) {
				this.tail.set(new Tail.Beginning(now.newest(), 0));
			}
		}
		finally {
			this.appending.unlock();
		}
	}

	@Override
	public Snapshot begin(DatabaseView view, SnapshotWatch watch, @Nullable Writer writer, Begun begun)
			throws IOException {
		if (!(this.tail.get() instanceof Tail.Beginning before)) {
			throw new IOException("the replica goes on already");
		}
		Tail storing = new Tail.Storing(before.newest());
		if (!this.tail.compareAndSet(before, storing)) {
			throw new IOException("the replica was looked at again meanwhile");
		}
		// Whatever goes wrong, it may be there: only a listing tells
		try (OnFailure undo = OnFailure.run(() -> this.tail.compareAndSet(storing, new Tail.Unknown()))) {
			long txid = before.newest() + 1;
			LtxHeader header = describe(view, txid, txid, writer);
			LtxFile stored = this.append.put(header, existing(writer), content(view, header, watch));
			this.known.stored(stored);
			this.ends.put(view.position(), txid);
			this.generation = view.position().generation();
			Snapshot first = before.leadsTo(view.pageSize()) ? snapshot(view.position().generation(), stored)
					: snapshot(view, watch, writer);
			begun.stored(first);
			this.tail.set(new Tail.GoingOn(txid, view.position(), header.pages()));
			this.upkeep.appended();
			return undo.keep(first);
		}
	}

	@Override
	public Snapshot snapshot(DatabaseView view, SnapshotWatch watch, @Nullable Writer writer) throws IOException {
		// Not the newest one: it may have gone on since
		long txid = this.ends.txid(view.position())
			.orElseThrow(() -> new IOException("no transaction is known to end at %s".formatted(view.position())));
		LtxFile there = this.known.snapshot(txid).orElse(null);
		if (there != null) {
			return snapshot(view.position().generation(), there);
		}
		LtxHeader header = describe(view, 1, txid, writer);
		return store(view.position().generation(), header, content(view, header, watch));
	}

	private Snapshot store(Generation current, LtxHeader header, ObjectContent content) throws IOException {
		LtxFile stored = this.replica.write(LtxFile.named(LtxFile.SNAPSHOTS, header.minTxid(), header.maxTxid()),
				header.time(), Map.of(), Precondition.NONE, content);
		this.known.stored(stored);
		return snapshot(current, stored);
	}

	private static ObjectContent content(DatabaseView view, LtxHeader header, SnapshotWatch watch) {
		return (out) -> {
			LtxWriter pages = new LtxWriter(out, header);
			view.writeTo(watch.watch(new PageSplitter(pages, header)));
			pages.finish();
			watch.requireStillWanted();
		};
	}

	private LtxHeader describe(DatabaseView view, long minTxid, long maxTxid, @Nullable Writer writer)
			throws IOException {
		WalPosition at = view.position();
		int pages = Math.toIntExact(view.size() / view.pageSize());
		long salts = 0;
		int check = 0;
		if (at.offset() > 0) {
			Mark mark = markAt(at);
			salts = mark.header().salts();
			check = mark.check();
		}
		return new LtxHeader(view.pageSize(), pages, minTxid, maxTxid, view.committedAt().toEpochMilli(),
				WalHeader.SIZE, Math.max(at.offset() - WalHeader.SIZE, 0), (int) (salts >>> 32), (int) salts,
				node(writer), new LtxOrigin(at.generation(), at.index(), epoch(writer), check));
	}

	private long node(@Nullable Writer writer) {
		return LtxEnd.node((writer != null) ? writer.runId() : this.shadow.run());
	}

	private static int epoch(@Nullable Writer writer) {
		return (writer != null) ? Math.toIntExact(writer.epoch()) : 0;
	}

	private static LtxAppend.Existing existing(@Nullable Writer writer) {
		return (writer != null) ? LtxAppend.Existing.KEPT : LtxAppend.Existing.REPLACED;
	}

	@Override
	public long cut(WalPosition from, long available) throws IOException {
		long end = LocalCopyException.wrap(from, () -> this.shadow.cut(from, available, LARGE));
		WalPosition wanted = this.wantedEnd;
		if (wanted == null || !wanted.at(0).equals(from.at(0))) {
			return end;
		}
		return (wanted.isAfter(from) && from.at(end).isAfter(wanted)) ? wanted.offset() : end;
	}

	@Override
	public void endPieceAt(WalPosition position) {
		this.wantedEnd = position;
	}

	@Override
	public Optional<ReplicaPosition> restorableAs(WalPosition position) {
		return this.ends.txid(position).map(TransactionId::new);
	}

	@Override
	public long append(SentSegment piece, @Nullable Writer writer) throws IOException {
		this.appending.lock();
		try {
			if (!(this.tail.get() instanceof Tail.GoingOn before) || !follows(before.end(), piece.start())) {
				throw new IOException("%s is not where the replica ends".formatted(piece.start()));
			}
			try (WalPiece pages = LocalCopyException.wrap(piece.start(),
					() -> WalPiece.open(this.shadow, piece.start(), piece.end()))) {
				long txid = before.newest() + 1;
				LtxHeader header = describe(pages, piece, txid, writer);
				LtxFile stored = store(pages, header, before.pages(), existing(writer));
				this.known.stored(stored);
				this.ends.put(piece.position(), txid);
				this.tail.set(new Tail.GoingOn(txid, piece.position(), pages.pages()));
				this.upkeep.appended();
				return stored.size();
			}
		}
		finally {
			this.appending.unlock();
		}
	}

	private LtxFile store(WalPiece pages, LtxHeader header, int pagesBefore, LtxAppend.Existing existing)
			throws IOException {
		if (pages.end() - pages.from() > LtxRecent.LARGEST) {
			return this.append.put(header, existing, (out) -> pages.writeTo(out, header, pagesBefore, this.database));
		}
		ByteArrayOutputStream encoded = new ByteArrayOutputStream();
		pages.writeTo(encoded, header, pagesBefore, this.database);
		byte[] content = encoded.toByteArray();
		LtxFile stored = this.append.put(header, existing, (out) -> out.write(content));
		this.recent.stored(header.maxTxid(), content);
		return stored;
	}

	/** A piece begins where the one before ends, or with a later WAL. */
	private static boolean follows(WalPosition end, WalPosition start) {
		return start.equals(end)
				|| (start.generation().equals(end.generation()) && start.offset() == 0 && start.index() > end.index());
	}

	private LtxHeader describe(WalPiece pages, SentSegment piece, long txid, @Nullable Writer writer) {
		WalHeader wal = pages.walHeader();
		return new LtxHeader(wal.pageSize(), pages.pages(), txid, txid, piece.committedAt().toEpochMilli(),
				pages.from(), pages.end() - pages.from(), (int) (wal.salts() >>> 32), (int) wal.salts(), node(writer),
				new LtxOrigin(piece.start().generation(), piece.start().index(), epoch(writer),
						LtxOrigin.check(pages.checksum())));
	}

	@Override
	public void bridge(Generation current, int from, int to, @Nullable Writer writer) {
		// Nothing is missing between two WALs
	}

	@Override
	public boolean holdsNothingOf(Generation wanted) throws IOException {
		LtxKnown listed = LtxKnown.read(this.replica);
		LtxEnd end = endOf(listed);
		return end == null || !end.position().generation().equals(wanted);
	}

	@Override
	public @Nullable Generation generation() {
		return this.generation;
	}

	/** The last transaction that is known to be there; empty before the first look. */
	Optional<Long> newestTxid() {
		Tail now = this.tail.get();
		if (now instanceof Tail.GoingOn goingOn) {
			return Optional.of(goingOn.newest());
		}
		long newest = 0;
		if (now instanceof Tail.Beginning beginning) {
			newest = beginning.newest();
		}
		else if (now instanceof Tail.Storing storing) {
			newest = storing.newest();
		}
		return (newest > 0) ? Optional.of(newest) : Optional.empty();
	}

	@Override
	public void stop() {
		this.recent.close();
	}

	@Override
	public @Nullable TransactionId txid() {
		return newestTxid().map(TransactionId::new).orElse(null);
	}

	@Override
	public Upkeep upkeep() {
		return this.upkeep;
	}

	@Override
	public boolean isCompacting() {
		return true;
	}

	@Override
	public Snapshot snapshotOfItself(SnapshotWatch watch) throws IOException {
		if (!(this.tail.get() instanceof Tail.GoingOn now)) {
			throw new IOException("where the replica ends is not known now");
		}
		this.compacting.lock();
		try {
			return snapshot(now.end().generation(), this.compactor.snapshot(now.newest(), watch));
		}
		finally {
			this.compacting.unlock();
		}
	}

	@Override
	public Audit audit() throws IOException {
		long before = newestTxid().orElse(0L);
		LtxKnown listed = LtxKnown.read(this.replica);
		return new LtxAudit(this.replica, this.known, listed, before, newestTxid().orElse(before),
				this.options.level0Retention());
	}

}

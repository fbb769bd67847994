package org.litestream4j.live;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.live.WalCopier.Index;
import org.litestream4j.sqlite.WalFixture;
import org.litestream4j.sqlite.WalTail;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Writes to a shadow WAL what a live WAL could hold, and remembers it, so that what is
 * found after a crash can be judged. Not thread-safe.
 */
final class ShadowScript {

	private static final int PAGE_SIZE = 512;

	/** Bytes of each index, and the offsets at which a commit ends. */
	private record Written(WalFixture wal, List<Long> commits) {
	}

	private final ShadowWal shadow;

	private final Map<Generation, TreeMap<Integer, Written>> written = new HashMap<>();

	private final List<Generation> generations = new ArrayList<>();

	@Nullable private WalFixture wal;

	private int salt;

	/** What surely is on the disk. */
	@Nullable private WalPosition forced;

	ShadowScript(Disk disk, Path root) throws IOException {
		this.shadow = ShadowWal.open(disk, root, heldLock());
	}

	/** One that this thread holds. */
	static ProtocolLock heldLock() {
		ProtocolLock lock = new ProtocolLock();
		lock.lock();
		return lock;
	}

	ShadowWal shadow() {
		return this.shadow;
	}

	/** What surely is on the disk now; null if nothing is. */
	@Nullable WalPosition forced() {
		return this.forced;
	}

	void startGeneration() throws IOException {
		this.shadow.startGeneration(Instant.now());
		this.wal = null;
		Generation generation = this.shadow.requirePosition().generation();
		this.generations.add(generation);
		this.written.put(generation, new TreeMap<>());
		this.forced = this.shadow.requirePosition();
	}

	/** Copies a transaction of the current index; of a new one if there is none yet. */
	void commit(int frames) throws IOException {
		WalFixture fixture = this.wal;
		boolean restarted = fixture == null;
		if (fixture == null) {
			this.salt++;
			fixture = new WalFixture(false, PAGE_SIZE, this.salt, 7 * this.salt);
			this.wal = fixture;
		}
		int from = restarted ? 0 : fixture.size();
		for (int i = 1; i < frames; i++) {
			fixture.frame(i, fixture.size());
		}
		fixture.commit(frames, 10, fixture.size());
		append(fixture, from, restarted ? Index.NEW : Index.SAME, End.COMMIT);
		WalPosition end = this.shadow.requirePosition();
		written(end).computeIfAbsent(end.index(), (index) -> new Written(this.wal(), new ArrayList<>()))
			.commits()
			.add(end.offset());
	}

	/** Copies a transaction, and is killed before it is noted. */
	void commitAndDie() throws IOException {
		WalFixture fixture = new WalFixture(false, PAGE_SIZE, ++this.salt, 7 * this.salt);
		fixture.commit(1, 10, 0);
		append(fixture, 0, Index.NEW, End.DEATH);
		this.wal = fixture;
	}

	/** The next process, which goes on. */
	ShadowScript next(Disk disk, Path root) throws IOException {
		ShadowScript next = new ShadowScript(disk, root);
		next.wal = this.wal;
		next.salt = this.salt;
		next.written.putAll(this.written);
		next.generations.addAll(this.generations);
		return next;
	}

	/** Copies a transaction, and then takes it back. */
	void abort(int frames) throws IOException {
		WalFixture copy = new WalFixture(false, PAGE_SIZE, 99, 99);
		for (int i = 1; i <= frames; i++) {
			copy.frame(i, i);
		}
		append(copy, WalFixtureHeader.SIZE, (this.wal == null) ? Index.NEW : Index.SAME, End.ABORT);
	}

	/** What becomes of frames that were appended. */
	private enum End {

		COMMIT, ABORT, DEATH

	}

	private WalFixture wal() {
		return java.util.Objects.requireNonNull(this.wal);
	}

	private void append(WalFixture fixture, int from, Index target, End end) throws IOException {
		byte[] bytes = fixture.toBytes();
		ShadowWal.Appender appender = this.shadow.append(target);
		int half = (from + bytes.length) / 2;
		appender.write(bytes, from, half - from);
		appender.write(bytes, half, bytes.length - half);
		if (end == End.COMMIT) {
			WalTail tail = WalTail.scan(new ByteArrayInputStream(bytes), "script");
			appender.commit(new ShadowState(tail.header(), tail.commitOffset(), tail.commitChecksum(),
					tail.databasePages(), false), Instant.now());
		}
		else if (end == End.ABORT) {
			appender.abort();
		}
	}

	/** Makes the next commit begin an index. */
	void roll() {
		this.wal = null;
	}

	void force() throws IOException {
		WalPosition reached = this.shadow.requirePosition();
		this.shadow.force();
		this.forced = reached;
	}

	void closeIndex() throws IOException {
		WalPosition reached = this.shadow.requirePosition();
		this.shadow.closeIndex();
		this.forced = reached;
		roll();
	}

	private NavigableMap<Integer, Written> written(WalPosition position) {
		return java.util.Objects.requireNonNull(this.written.get(position.generation()));
	}

	/**
	 * Judges what was found: nothing at all, or a generation of which every index but the
	 * newest is whole, and the newest ends with a commit.
	 * @param found opened after a crash
	 * @param surely what had been forced when it happened; null if nothing was
	 */
	void check(ShadowWal found, @Nullable WalPosition surely) throws IOException {
		WalPosition position = found.position();
		if (position == null) {
			assertThat(surely).as("what was forced").isNull();
			return;
		}
		assertThat(this.generations).contains(position.generation());
		if (surely != null) {
			assertThat(this.generations.indexOf(position.generation()))
				.isGreaterThanOrEqualTo(this.generations.indexOf(surely.generation()));
			if (position.generation().equals(surely.generation())) {
				assertThat(surely.isAfter(position)).as("%s was forced, but %s is found", surely, position).isFalse();
			}
		}
		if (position.offset() > 0) {
			for (int index = found.oldestIndex(); index <= position.index(); index++) {
				checkIndex(found, position, index);
			}
		}
	}

	private void checkIndex(ShadowWal found, WalPosition position, int index) throws IOException {
		Written expected = written(position).get(index);
		assertThat(expected).as("index %d", index).isNotNull();
		long end = found.end(position.generation(), index);
		if (index < position.index()) {
			assertThat(end).as("end of index %d, before %s", index, position).isEqualTo(last(expected));
		}
		else {
			assertThat(expected.commits()).contains(end);
			assertThat(end).isEqualTo(position.offset());
		}
		byte[] bytes = new byte[(int) end];
		try (RandomAccessFile file = found.openIndex(position.generation(), index)) {
			file.readFully(bytes);
		}
		assertThat(bytes).isEqualTo(java.util.Arrays.copyOf(expected.wal().toBytes(), bytes.length));
	}

	private static long last(Written written) {
		return written.commits().get(written.commits().size() - 1);
	}

	/** Where a fixture's frames begin. */
	private static final class WalFixtureHeader {

		static final int SIZE = 32;

	}

}

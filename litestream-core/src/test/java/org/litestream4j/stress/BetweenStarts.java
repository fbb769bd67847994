package org.litestream4j.stress;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.LitestreamOptions;
import org.litestream4j.sqlite.WalTail;
import org.litestream4j.testing.ChildJvm;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.EnabledIfSqlite3;
import org.litestream4j.testing.Sqlite3;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What happens to the files while no process replicates them. The next start goes on in
 * the same generation exactly if nothing can have been missed, and whatever it does, the
 * replica holds the database as it then is.
 */
@EnabledIfSqlite3
abstract class BetweenStarts {

	/** Classes that share the cases, as a fork runs one class after the other. */
	private static final int SHARDS = 3;

	@TempDir
	Path temp;

	Path database;

	Path wal;

	Path meta;

	Path replica;

	private Restores restores;

	/** The database file as nobody has copied anything into it yet. */
	private Path created;

	@BeforeEach
	void create() throws IOException {
		Path directory = Files.createDirectory(this.temp.resolve("live"));
		this.database = directory.resolve("app.db");
		this.wal = Path.of(this.database + "-wal");
		this.meta = LitestreamOptions.defaultMetaDirectory(this.database);
		this.replica = this.temp.resolve("replica");
		this.restores = new Restores(this.replica, this.temp.resolve("restored"));
		Sqlite3.run(this.database, "PRAGMA journal_mode=WAL;", Ledger.SCHEMA);
		this.created = Files.copy(this.database, this.temp.resolve("created.db"));
	}

	/** What is done to the files. */
	@FunctionalInterface
	interface Deed {

		void doTo(BetweenStarts test) throws IOException;

	}

	/** What is done after a stop or a kill, and whether the generation survives that. */
	@SuppressWarnings("ImmutableEnumChecker") // lambdas without state
	enum Case {

		STOPPED(false, true, true, (test) -> {
		}), KILLED(true, true, true, (test) -> {
		}), KILLED_AND_WAL_CUT(true, false, false, (test) -> test.cutWal()),
		KILLED_AND_WAL_TAIL_CHANGED(true, false, false, (test) -> test.changeWal(-10)),
		KILLED_AND_WAL_HEADER_CHANGED(true, false, false, (test) -> test.changeWal(17)),
		KILLED_AND_HALF_A_FRAME_ADDED(true, true, true, (test) -> test.addToWal(new byte[1500])),
		STOPPED_AND_READ_BY_OTHERS(false, true, true, (test) -> test.sql("SELECT count(*) FROM ledger;")),
		KILLED_AND_READ_BY_OTHERS(true, true, false, (test) -> test.sql("SELECT count(*) FROM ledger;")),
		STOPPED_AND_WRITTEN_BY_OTHERS(false, true, false, (test) -> test.commitElsewhere()),
		KILLED_AND_WRITTEN_BY_OTHERS(true, true, false, (test) -> test.commitElsewhere()),
		STOPPED_AND_VACUUMED(false, true, false, (test) -> test.sql("VACUUM;")),
		SHM_DELETED(true, true, true, (test) -> Files.delete(Path.of(test.database + "-shm"))),
		META_DIRECTORY_DELETED(true, true, false, (test) -> StressMain.deleteAll(test.meta)),
		GENERATION_NAME_DAMAGED(true, true, false,
				(test) -> Files.writeString(test.meta.resolve("generation"), "no such thing")),
		SHADOW_WAL_DELETED(true, true, false, (test) -> StressMain.deleteAll(test.meta.resolve("generations"))),
		SHADOW_WAL_CUT(true, true, null, (test) -> test.cut(test.newest(test.meta, ".wal"))),
		REPLICA_DELETED(true, true, null, (test) -> StressMain.deleteAll(test.replica)),
		SNAPSHOTS_DELETED(true, true, null, (test) -> test.deleteAll(".snapshot.lz4")),
		NEWEST_SEGMENT_DELETED(false, true, false, (test) -> Files.delete(test.newest(test.replica, ".wal.lz4"))),
		// It may have been stored and not yet acknowledged
		KILLED_AND_NEWEST_SEGMENT_DELETED(true, true, null,
				(test) -> Files.delete(test.newest(test.replica, ".wal.lz4"))),
		// Where nothing is ever replaced a damaged end is left behind
		NEWEST_SEGMENT_CUT(true, true, false, (test) -> test.cut(test.newest(test.replica, ".wal.lz4"))),
		SEGMENTS_DELETED(true, true, null, (test) -> test.deleteAll(".wal.lz4")),
		FIRST_SEGMENT_DELETED(true, true, null, (test) -> Files.delete(test.oldest(test.replica, ".wal.lz4"))),
		FOREIGN_OBJECTS_ADDED(true, true, true, (test) -> test.addForeignObjects());

		private final boolean kill;

		private final boolean nothingLost;

		@Nullable private final Boolean same;

		private final Deed deed;

		/**
		 * Creates one.
		 * @param kill rather than stop
		 * @param nothingLost whether the live database holds all commits afterwards
		 * @param same whether the generation goes on; null if either will do
		 */
		Case(boolean kill, boolean nothingLost, @Nullable Boolean same, Deed deed) {
			this.kill = kill;
			this.nothingLost = nothingLost;
			this.same = same;
			this.deed = deed;
		}

	}

	/** Those of one of the classes below. */
	static Stream<Case> cases(int shard) {
		List<Case> all = List.of(Case.values());
		return IntStream.range(0, all.size()).filter((index) -> index % SHARDS == shard).mapToObj(all::get);
	}

	@ParameterizedTest
	@MethodSource("cases")
	void nextStartGoesOnIfNothingCanHaveBeenMissed(Case now) throws Exception {
		Session before = session(now.kill);
		now.deed.doTo(this);
		Session after = session(false);
		if (now.same != null) {
			assertThat(after.generation()).satisfies((generation) -> {
				assertThat(generation.equals(before.generation())).as(after.toString()).isEqualTo(now.same);
			});
		}
		if (!now.kill && Boolean.TRUE.equals(now.same)) {
			assertThat(after.ready).as("position at the start").isEqualTo(inTheNextRun(before.last));
			assertThat(snapshots()).as("snapshots").isEqualTo(1);
		}
		assertReplicaIsTheDatabase(now.nothingLost ? before.committed + 1 : 1);
	}

	/** Each run has WAL indexes of its own: two fences are between them. */
	private static String inTheNextRun(String position) {
		String[] parts = position.split("[/:]");
		return "%s/%08x:%s".formatted(parts[0], Integer.parseInt(parts[1], 16) + 2, parts[2]);
	}

	/**
	 * What one process did.
	 *
	 * @param ready where it went on
	 * @param reasons why it started generations by then
	 * @param last the last position acknowledged
	 * @param committed the newest commit
	 */
	record Session(String ready, String reasons, String last, int committed) {

		String generation() {
			return this.last.substring(0, 16);
		}

	}

	/** An application runs, commits and syncs, and stops or is killed. */
	Session session(boolean kill) throws IOException {
		try (ChildProcess child = ChildJvm.start(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"), CrashChild.class,
				this.database.toString(), this.replica.toString(), "1", "1", "calm")) {
			String[] ready = child.awaitLine((line) -> line.startsWith("ready ")).split(" ", 3);
			List<String> lines = new ArrayList<>();
			readUntilSomeAreAcknowledged(child, lines);
			if (kill) {
				child.kill();
			}
			else {
				child.closeInput();
			}
			lines.addAll(child.remainingLines());
			String last = "";
			int committed = 0;
			for (String line : lines) {
				String[] words = line.split(" ");
				switch (words[0]) {
					// A shorter line was cut off by the kill
					case "acknowledged" -> last = (words.length == 3) ? words[2] : last;
					case "stopped" -> last = words[1];
					case "committed" -> committed = Math.max(committed, whole(words[1]));
					default -> assertThat(line).doesNotStartWith("failed");
				}
			}
			return new Session(ready[1], ready[2], last, committed);
		}
	}

	private static void readUntilSomeAreAcknowledged(ChildProcess child, List<String> lines) {
		int committed = 0;
		int acknowledged = 0;
		while (acknowledged < 2) { // the second of them began after the commits
			String line = Objects.requireNonNull(child.readLine(), child::toString);
			assertThat(line).as(child::toString).doesNotStartWith("failed");
			lines.add(line);
			if (line.startsWith("committed")) {
				committed++;
			}
			else if (line.startsWith("acknowledged") && committed >= 20) {
				acknowledged++;
			}
		}
	}

	/** The number that a line ends with, unless it was cut off by the kill. */
	private static int whole(String number) {
		return number.endsWith(".") ? Integer.parseInt(number.replace(".", "")) : 0;
	}

	void assertReplicaIsTheDatabase(int leastCommits) throws Exception {
		Path image = this.temp.resolve("image.db");
		LiveImage.write(this.database, image);
		Path restored = this.restores.restore();
		Restores.requireSame(restored, image);
		Path otherwise = this.restores.restoreOtherwise();
		Restores.requireSame(otherwise, image);
		assertThat(Restores.check(restored).newest()).isGreaterThanOrEqualTo(leastCommits);
	}

	private int snapshots() throws IOException {
		return find(this.replica, ".snapshot.lz4").size();
	}

	private void sql(String sql) throws IOException {
		Sqlite3.run(this.database, sql);
	}

	private void commitElsewhere() throws IOException {
		Sqlite3.run(this.database, "BEGIN IMMEDIATE;", Ledger.insert(3, 1, 10), Ledger.record(1000, 1), "COMMIT;");
	}

	private void cutWal() throws IOException {
		requireNothingCopiedBack();
		cut(this.wal);
	}

	/**
	 * What is left when a WAL is damaged is a database only if no checkpoint was on its
	 * way: without the WAL that it was copying it is malformed, as SQLite says itself.
	 */
	private void requireNothingCopiedBack() throws IOException {
		assertThat(this.database).hasSameBinaryContentAs(this.created);
	}

	private void cut(Path path) throws IOException {
		try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
			file.setLength(file.length() * 2 / 3);
		}
	}

	/** Changes one byte, counted from the end of what was copied if negative. */
	private void changeWal(int at) throws IOException {
		requireNothingCopiedBack();
		long position = (at < 0) ? copiedCommit() + at : at;
		try (RandomAccessFile file = new RandomAccessFile(this.wal.toFile(), "rw")) {
			file.seek(position);
			int value = file.read();
			file.seek(position);
			file.write(value ^ 1);
		}
	}

	/**
	 * Where the newest commit ends that is in both files: either may end in frames that a
	 * kill kept from being committed, which nobody misses.
	 */
	private long copiedCommit() throws IOException {
		return Math.min(commitOffset(this.wal), commitOffset(newest(this.meta, ".wal")));
	}

	private static long commitOffset(Path wal) throws IOException {
		try (InputStream in = new BufferedInputStream(Files.newInputStream(wal))) {
			return WalTail.scan(in, wal.toString()).commitOffset();
		}
	}

	private void addToWal(byte[] bytes) throws IOException {
		Files.write(this.wal, bytes, java.nio.file.StandardOpenOption.APPEND);
	}

	private void deleteAll(String suffix) throws IOException {
		for (Path path : find(this.replica, suffix)) {
			Files.delete(path);
		}
	}

	private Path newest(Path directory, String suffix) throws IOException {
		List<Path> found = find(directory, suffix);
		return found.get(found.size() - 1);
	}

	private Path oldest(Path directory, String suffix) throws IOException {
		return find(directory, suffix).get(0);
	}

	private static List<Path> find(Path directory, String suffix) throws IOException {
		try (Stream<Path> paths = Files.walk(directory)) {
			return paths.filter((path) -> path.toString().endsWith(suffix))
				.sorted(Comparator.comparing(Path::toString))
				.toList();
		}
	}

	private void addForeignObjects() throws IOException {
		Path segment = newest(this.replica, ".wal.lz4");
		Path directory = Objects.requireNonNull(segment.getParent());
		Files.writeString(directory.resolve("README"), "not a segment", StandardCharsets.UTF_8);
		Files.writeString(directory.resolve("0000000g_00000000.wal.lz4"), "neither", StandardCharsets.UTF_8);
		Files.writeString(this.replica.resolve("generations/notes.txt"), "nor this", StandardCharsets.UTF_8);
		Files.createDirectories(this.replica.resolve("generations/not-a-generation/wal"));
	}

}

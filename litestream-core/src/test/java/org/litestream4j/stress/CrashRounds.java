package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import org.litestream4j.BackupFormat;
import org.litestream4j.format.ltx.PlainLtxRestore;
import org.litestream4j.testing.ChildJvm;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.Sqlite3;

/**
 * Kills an application again and again, at any moment. Whatever it had acknowledged is in
 * the replica, its own database is whole, and the next start goes on in the same
 * generation; in LTX also without a gap, and without the whole database once more.
 */
final class CrashRounds {

	private final Path directory;

	private final Path database;

	private final Path replica;

	private final Restores restores;

	private final long seed;

	private final Random random;

	/** Whether other processes use the database before and after the kills. */
	private final boolean foreign;

	private final BackupFormat format;

	/** The last transaction that was seen in an LTX replica. */
	private long reached;

	private final List<Ledger.State> seen = new ArrayList<>();

	private int acknowledged;

	/** What was acknowledged when the running child was started. */
	private int goesOnFrom;

	private int committed;

	private int acknowledgements;

	private int generations;

	CrashRounds(Path directory, long seed, boolean foreign, BackupFormat format) throws IOException {
		this.format = format;
		this.directory = Files.createDirectories(directory);
		this.database = directory.resolve("app.db");
		this.replica = directory.resolve("replica");
		this.restores = new Restores(this.replica, directory.resolve("restored"));
		this.seed = seed;
		this.foreign = foreign;
		this.random = new Random(seed);
	}

	/**
	 * Kills it some times, and at the end lets it stop.
	 * @return figures
	 * @throws AssertionError if anything is not as it has to be
	 */
	String run(int rounds) throws Exception {
		Sqlite3.run(this.database, "PRAGMA journal_mode=WAL;", Ledger.SCHEMA);
		for (int round = 0; round < rounds; round++) {
			try (ChildProcess child = start(round); ChildProcess other = Sqlite3.start(this.database)) {
				if (this.foreign && this.random.nextBoolean()) {
					// From now on it has it open
					other.send("SELECT count(*) FROM ledger;");
				}
				if (round > 0 && this.acknowledged == 0) {
					// However slow the machine is, there is to be something to go on with
					hear(child.awaitLine((line) -> line.startsWith("acknowledged ")));
				}
				killSomeTime(child);
				if (this.foreign) {
					disturb(round, other);
				}
			}
			look(round);
		}
		try (ChildProcess child = start(rounds)) {
			child.awaitLine((line) -> line.startsWith("acknowledged "));
			child.closeInput();
			child.awaitLine((line) -> line.startsWith("stopped "));
		}
		finish();
		return "seed %d, %s: %d kills, %d commits, %d acknowledgements, %d generations%s".formatted(this.seed,
				this.format, rounds, this.seen.get(this.seen.size() - 1).newest(), this.acknowledgements,
				this.generations, (this.reached > 0) ? ", %d transactions".formatted(this.reached) : "");
	}

	private ChildProcess start(int round) throws IOException {
		ChildProcess child = ChildJvm.start(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"), CrashChild.class,
				this.database.toString(), this.replica.toString(), String.valueOf(this.random.nextLong()),
				String.valueOf(1 + this.random.nextInt(3)), (this.format == BackupFormat.LTX) ? "ltx" : "");
		this.goesOnFrom = this.acknowledged;
		String ready = child.awaitLine((line) -> line.startsWith("ready "));
		boolean goesOn = ready.endsWith(" []");
		this.generations += goesOn ? 0 : 1;
		if (goesOn ? round == 0 : isToGoOn()) {
			child.close();
			throw new AssertionError("seed %d, round %d: %s".formatted(this.seed, round, ready));
		}
		return child;
	}

	/**
	 * Who is killed before the whole database is in the replica begins once more: there
	 * is nothing to go on with. It may acknowledge something before it is heard of that.
	 */
	private boolean isToGoOn() {
		return this.goesOnFrom > 0 && !this.foreign;
	}

	/** Whatever others do, a new generation may be due, and nothing may be missing. */
	private void disturb(int round, ChildProcess other) throws IOException {
		List<String> commands = new ArrayList<>();
		for (int i = 0; i < this.random.nextInt(4); i++) {
			commands.add(switch (this.random.nextInt(6)) {
				case 0 -> "SELECT count(*) FROM ledger;";
				case 1 -> "PRAGMA wal_checkpoint(TRUNCATE);";
				case 2 -> "PRAGMA wal_checkpoint(PASSIVE);";
				default -> "BEGIN IMMEDIATE; %s %s COMMIT;"
					.formatted(Ledger.insert(1 + this.random.nextInt(50), round, 100), Ledger.record(1000 + round, i));
			});
		}
		commands.forEach(other::send);
		if (this.random.nextInt(3) > 0) { // else it is killed
			other.closeInput();
			if (other.waitFor() != 0) {
				throw new AssertionError(other.toString());
			}
		}
	}

	private void killSomeTime(ChildProcess child) throws InterruptedException {
		int longest = (this.random.nextInt(3) == 0) ? 3000 : 500;
		TimeUnit.MICROSECONDS.sleep(this.random.nextInt(longest * 1000));
		child.kill();
		child.remainingLines().forEach(this::hear);
	}

	private void hear(String line) {
		String[] words = line.split(" ");
		switch (words[0]) {
			case "committed" -> {
				if (line.endsWith(".")) { // else cut off by the kill
					this.committed = Math.max(this.committed, Integer.parseInt(words[1].replace(".", "")));
				}
			}
			case "acknowledged" -> {
				if (words.length == 3) { // else cut off by the kill
					this.acknowledged = Math.max(this.acknowledged, Integer.parseInt(words[1]));
					this.acknowledgements++;
				}
			}
			case "failed" -> throw new AssertionError("seed %d: %s".formatted(this.seed, line));
			case "generation" -> {
				this.generations++;
				if (isToGoOn()) {
					throw new AssertionError("seed %d: nothing called for a new %s".formatted(this.seed, line));
				}
			}
			default -> {
			}
		}
	}

	private void look(int round) throws IOException, SQLException {
		Path copy = this.directory.resolve("copy.db");
		// Opening the database itself would checkpoint it and delete its WAL
		Files.copy(this.database, copy);
		Path wal = Path.of(this.database + "-wal");
		if (Files.exists(wal)) {
			Files.copy(wal, Path.of(copy + "-wal"));
		}
		require(Restores.check(copy), this.committed, "round %d: commits of the database".formatted(round));
		Restores.delete(copy);
		if (this.format == BackupFormat.LTX) {
			lookForGaps(round);
		}
		if (this.acknowledged > 0) {
			boolean ltx = this.format == BackupFormat.LTX;
			if (ltx || this.foreign || round % 2 == 0) {
				requireAcknowledged(this.restores.restore(), round);
			}
			if (ltx || (!this.foreign && round % 2 != 0)) {
				requireAcknowledged(this.restores.restoreOtherwise(), round);
			}
		}
	}

	private void requireAcknowledged(Path restored, int round) throws IOException, SQLException {
		require(Restores.check(restored), this.acknowledged, "round %d: acknowledged commits".formatted(round));
		Restores.delete(restored);
	}

	/** Nothing is missing, and only the first transaction is the whole database. */
	private void lookForGaps(int round) throws IOException {
		List<String> gaps = PlainLtxRestore.gaps(this.replica);
		if (!gaps.isEmpty()) {
			throw new AssertionError("seed %d, round %d: %s".formatted(this.seed, round, gaps));
		}
		List<Long> singles = PlainLtxRestore.singles(this.replica);
		long before = this.reached;
		List<Long> again = PlainLtxRestore.beginnings(this.replica)
			.stream()
			.filter((txid) -> before > 0 && txid > before)
			.toList();
		if (!again.isEmpty() && !this.foreign) {
			throw new AssertionError("seed %d, round %d: transactions %s are the whole database, after %d"
				.formatted(this.seed, round, again, before));
		}
		this.reached = singles.isEmpty() ? before : singles.get(singles.size() - 1);
	}

	private void require(Ledger.State state, int least, String what) {
		if (state.newest() < least) {
			throw new AssertionError("seed %d, %s: %d, of %d".formatted(this.seed, what, state.newest(), least));
		}
		this.seen.add(state);
	}

	private void finish() throws IOException, SQLException {
		Path image = this.directory.resolve("image.db");
		LiveImage.write(this.database, image);
		Path restored = this.restores.restore();
		Restores.requireSame(restored, image);
		Ledger.State last = Restores.check(restored);
		for (Ledger.State state : this.seen) {
			if (state.hashes()[state.newest()] != last.hashes()[state.newest()]) {
				throw new AssertionError(
						"a restore at commit %d held what was never committed".formatted(state.newest()));
			}
		}
		this.seen.add(last);
	}

	/**
	 * The long run: {@code CrashRounds <first seed> <runs> <rounds each> <directory>
	 * [foreign] [ltx]}. Needs what {@link StressMain} needs, and with LTX
	 * {@code LITESTREAM5_BIN}.
	 */
	public static void main(String[] arguments) throws Exception {
		long first = Long.parseLong(arguments[0]);
		int failed = 0;
		List<String> modes = List.of(arguments).subList(4, arguments.length);
		BackupFormat format = modes.contains("ltx") ? BackupFormat.LTX : BackupFormat.V3;
		for (long seed = first; seed < first + Integer.parseInt(arguments[1]); seed++) {
			Path directory = Path.of(arguments[3]).resolve("crash-" + seed);
			try {
				System.out.println(new CrashRounds(directory, seed, modes.contains("foreign"), format)
					.run(Integer.parseInt(arguments[2])));
				StressMain.deleteAll(directory);
			}
			catch (Exception | AssertionError ex) {
				failed++;
				System.out.println("FAILED seed " + seed);
				ex.printStackTrace(System.out);
			}
		}
		System.exit((failed == 0) ? 0 : 1);
	}

}

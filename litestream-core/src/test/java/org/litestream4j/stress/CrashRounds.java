package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import org.litestream4j.testing.ChildJvm;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.Sqlite3;

/**
 * Kills an application again and again, at any moment. Whatever it had acknowledged is in
 * the replica, its own database is whole, and the next start goes on in the same
 * generation.
 */
final class CrashRounds {

	private final Path folder;

	private final Path database;

	private final Path replica;

	private final Restores restores;

	private final long seed;

	private final Random random;

	/** Whether other processes use the database before and after the kills. */
	private final boolean foreign;

	private final List<Ledger.State> seen = new ArrayList<>();

	private int acknowledged;

	private int committed;

	private int acknowledgements;

	private int generations;

	CrashRounds(Path folder, long seed, boolean foreign) throws IOException {
		this.folder = Files.createDirectories(folder);
		this.database = folder.resolve("app.db");
		this.replica = folder.resolve("replica");
		this.restores = new Restores(this.replica, folder.resolve("restored"));
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
		return "seed %d: %d kills, %d commits, %d acknowledgements, %d generations".formatted(this.seed, rounds,
				this.seen.get(this.seen.size() - 1).newest(), this.acknowledgements, this.generations);
	}

	private ChildProcess start(int round) throws IOException {
		ChildProcess child = ChildJvm.start(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"), CrashChild.class,
				this.database.toString(), this.replica.toString(), String.valueOf(this.random.nextLong()),
				String.valueOf(1 + this.random.nextInt(3)));
		String ready = child.awaitLine((line) -> line.startsWith("ready "));
		boolean goesOn = ready.endsWith(" []");
		this.generations += goesOn ? 0 : 1;
		if (goesOn ? round == 0 : round > 0 && !this.foreign) {
			child.close();
			throw new AssertionError("round %d: %s".formatted(round, ready));
		}
		return child;
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
		for (String line : child.remainingLines()) {
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
					if (!this.foreign) {
						throw new AssertionError("seed %d: nothing called for a new %s".formatted(this.seed, line));
					}
				}
				default -> {
				}
			}
		}
	}

	private void look(int round) throws IOException, SQLException {
		Path copy = this.folder.resolve("copy.db");
		// Opening the database itself would checkpoint it and delete its WAL
		Files.copy(this.database, copy);
		Path wal = Path.of(this.database + "-wal");
		if (Files.exists(wal)) {
			Files.copy(wal, Path.of(copy + "-wal"));
		}
		require(Restores.check(copy), this.committed, "round %d: commits of the database".formatted(round));
		Restores.delete(copy);
		if (this.acknowledged > 0) {
			Path restored = (this.foreign || round % 2 == 0) ? this.restores.restore()
					: this.restores.restoreOtherwise();
			require(Restores.check(restored), this.acknowledged, "round %d: acknowledged commits".formatted(round));
			Restores.delete(restored);
		}
	}

	private void require(Ledger.State state, int least, String what) {
		if (state.newest() < least) {
			throw new AssertionError("seed %d, %s: %d, of %d".formatted(this.seed, what, state.newest(), least));
		}
		this.seen.add(state);
	}

	private void finish() throws IOException, SQLException {
		Path image = this.folder.resolve("image.db");
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
	 * The long run: {@code CrashRounds <first seed> <runs> <rounds each> <folder>
	 * [foreign]}. Needs what {@link StressMain} needs.
	 */
	public static void main(String[] arguments) throws Exception {
		long first = Long.parseLong(arguments[0]);
		int failed = 0;
		for (long seed = first; seed < first + Integer.parseInt(arguments[1]); seed++) {
			Path folder = Path.of(arguments[3]).resolve("crash-" + seed);
			try {
				System.out
					.println(new CrashRounds(folder, seed, arguments.length > 4).run(Integer.parseInt(arguments[2])));
				StressMain.deleteAll(folder);
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

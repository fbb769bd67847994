package org.litestream4j.stress;

import java.io.IOException;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.Sqlite3;

/**
 * Other processes that use the database as if there was no replication: they write,
 * checkpoint, rewrite the file, open and close it, and are killed.
 */
final class ForeignProcesses implements Runnable {

	private static final String[] MODES = { "PASSIVE", "FULL", "RESTART", "TRUNCATE" };

	/** Far from the numbers of threads. */
	private static final int FIRST_WRITER = 1000;

	private final StressRun run;

	private final Random random;

	private int sessions;

	private int killed;

	ForeignProcesses(StressRun run) {
		this.run = run;
		this.random = new Random(run.plan().seed() * 1000 + 999);
	}

	int sessions() {
		return this.sessions;
	}

	int killed() {
		return this.killed;
	}

	@Override
	public void run() {
		while (this.run.isRunning()) {
			this.run.gate().readLock().lock();
			try {
				this.sessions++;
				session(this.random.nextInt(12));
			}
			catch (IOException | InterruptedException | RuntimeException | Error ex) {
				this.run.failed("foreign process " + this.sessions, ex);
			}
			finally {
				this.run.gate().readLock().unlock();
			}
		}
	}

	private void session(int kind) throws IOException, InterruptedException {
		switch (kind) {
			case 0, 1, 2 -> complete("PRAGMA busy_timeout=300;",
					"PRAGMA wal_checkpoint(%s);".formatted(MODES[this.random.nextInt(MODES.length)]));
			case 3 -> complete("VACUUM;");
			case 4 -> complete("SELECT count(*) FROM ledger;");
			case 5, 6, 7 -> complete(transactions(1 + this.random.nextInt(20)));
			case 8 -> complete("PRAGMA cache_size=5;", "BEGIN IMMEDIATE;", huge(), "ROLLBACK;");
			default -> killInBetween();
		}
	}

	private String huge() {
		return Ledger.insert(100 + this.random.nextInt(300), this.random.nextInt(1000),
				this.random.nextInt(this.run.plan().smallBody() * 4));
	}

	private String[] transactions(int count) {
		String[] commands = new String[count];
		for (int i = 0; i < count; i++) {
			String change = switch (this.random.nextInt(4)) {
				case 0 -> Ledger.delete(5, this.random.nextInt(5));
				case 1 ->
					Ledger.update(this.random.nextInt(1000), this.random.nextInt(200), 15, this.random.nextInt(15));
				default -> Ledger.insert(1 + this.random.nextInt(30), this.random.nextInt(1000),
						this.random.nextInt(this.run.plan().smallBody() * 2));
			};
			commands[i] = "BEGIN IMMEDIATE; " + change + " " + Ledger.record(FIRST_WRITER + this.sessions, i + 1)
					+ " COMMIT;";
		}
		return commands;
	}

	private void complete(String... commands) throws IOException {
		try {
			Sqlite3.run(this.run.database(), commands);
		}
		catch (AssertionError ex) {
			if (!String.valueOf(ex.getMessage()).contains("locked")) {
				throw ex;
			}
		}
	}

	private void killInBetween() throws IOException, InterruptedException {
		try (ChildProcess child = Sqlite3.start(this.run.database())) {
			child.send("PRAGMA cache_size=5;");
			if (this.random.nextBoolean()) {
				child.send("BEGIN IMMEDIATE;");
				child.send(huge());
				child.send(Ledger.record(FIRST_WRITER + this.sessions, 1));
				if (this.random.nextBoolean()) {
					child.send("COMMIT;");
				}
			}
			else {
				for (String command : transactions(20)) {
					child.send(command);
				}
			}
			TimeUnit.MICROSECONDS.sleep(this.random.nextInt(40_000));
			child.kill();
			this.killed++;
		}
		catch (java.io.UncheckedIOException ex) {
			// it ended because of a lock
		}
	}

}

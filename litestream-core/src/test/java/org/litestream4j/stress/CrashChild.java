package org.litestream4j.stress;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.format.WalPosition;

/**
 * An application that is killed: {@code CrashChild <database> <replica> <seed> <writers>
 * [calm|ltx]}, calm with thresholds that nothing reaches, ltx with a replica in that
 * format. Says {@code ready <position> <generations started>} when replication goes on,
 * {@code
 * committed <n>} now and then, {@code acknowledged <n> <position>} after each sync, and
 * {@code stopped <position>} if it is asked to end by closing its standard input.
 */
final class CrashChild {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private static volatile boolean running = true;

	private CrashChild() {
	}

	public static void main(String[] arguments) throws Exception {
		Path database = Path.of(arguments[0]);
		Random random = new Random(Long.parseLong(arguments[2]));
		int writers = Integer.parseInt(arguments[3]);
		Engine engine = new Engine();
		String mode = (arguments.length > 4) ? arguments[4] : "";
		LitestreamDatabase litestream = Engine.start(database, Engine.files(Path.of(arguments[1])),
				mode.equals("ltx") ? BackupFormat.LTX : BackupFormat.V3,
				mode.equals("calm") ? Engine.Thresholds.CALM : Engine.Thresholds.LOW, engine);
		say("ready %s %s".formatted(litestream.status().position(), engine.generations()));
		engine.onGeneration((why) -> say("generation " + why));
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < writers; i++) {
			int writer = 1 + i;
			long seed = random.nextLong();
			Thread thread = new Thread(() -> write(database, writer, new Random(seed), litestream));
			threads.add(thread);
		}
		threads.add(new Thread(() -> syncAgainAndAgain(database, litestream)));
		threads.forEach(Thread::start);
		System.in.readAllBytes(); // until the parent wants the end
		running = false;
		for (Thread thread : threads) {
			thread.join();
		}
		WalPosition last = litestream.sync(PATIENCE);
		litestream.close();
		say("stopped " + last);
		Runtime.getRuntime().halt(0);
	}

	private static synchronized void say(String line) {
		System.out.println(line);
		System.out.flush();
	}

	private static void syncAgainAndAgain(Path database, LitestreamDatabase litestream) {
		try (Connection connection = StressWriter.connect(database, "NORMAL", 0)) {
			while (running) {
				int newest = Ledger.newest(connection);
				WalPosition position = litestream.sync(PATIENCE);
				say("acknowledged %d %s".formatted(newest, position));
			}
		}
		catch (Exception | Error ex) {
			say("failed " + ex);
		}
	}

	private static void write(Path database, int writer, Random random, LitestreamDatabase litestream) {
		try (Connection connection = StressWriter.connect(database, "NORMAL", 0)) {
			StressWriter.execute(connection, "PRAGMA cache_size=" + (random.nextBoolean() ? 5 : 1000));
			for (int seq = 1; running; seq++) {
				StressWriter.execute(connection, "BEGIN IMMEDIATE");
				if (random.nextInt(30) == 0) {
					StressWriter.execute(connection, Ledger.insert(200, random.nextInt(1000), random.nextInt(500)));
					StressWriter.execute(connection, Ledger.delete(3, random.nextInt(3)));
				}
				StressWriter.execute(connection, Ledger.insert(1, random.nextInt(1000), random.nextInt(200)));
				StressWriter.execute(connection, Ledger.record(writer, seq));
				int newest = Ledger.newest(connection);
				StressWriter.execute(connection, (random.nextInt(20) == 0) ? "ROLLBACK" : "COMMIT; SELECT 1");
				litestream.changed();
				if (Ledger.newest(connection) >= newest) {
					say("committed " + newest + ".");
				}
				if (random.nextInt(300) == 0) {
					StressWriter.execute(connection, "VACUUM");
				}
			}
		}
		catch (SQLException | RuntimeException | Error ex) {
			say("failed " + ex);
		}
	}

}

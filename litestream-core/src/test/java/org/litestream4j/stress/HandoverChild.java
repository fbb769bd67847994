package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

import org.litestream4j.DivergenceException;
import org.litestream4j.LeaseOptions;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.LitestreamRestore;
import org.litestream4j.NotReplicatedException;
import org.litestream4j.OnDivergence;
import org.litestream4j.Replica;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreRequest;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.lease.ReplicaHeldException;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.ObjectStore;

/**
 * An application on one of several machines that share a replica: restores its database
 * if that is missing, commits rows of a {@link HandoverChain} and says which of them are
 * acknowledged. Each line that it prints for its parent ends with a full stop, as a kill
 * may cut lines off: <pre>
 * owned &lt;epoch&gt;.                the replica is its
 * started.                      the application runs
 * waits &lt;seq&gt; &lt;nonce&gt;.           the row is committed, and is to be acknowledged
 * acknowledged &lt;seq&gt; &lt;nonce&gt;.    the row is in the replica
 * waited &lt;seq&gt; &lt;why&gt;.           in vain: the row may or may not be in the replica
 * fenced.                       somebody else has taken the replica over
 * generation &lt;why&gt;.             a new generation has begun
 * snapshot.                     one was stored
 * refused &lt;kind&gt; &lt;why&gt;.        it does not start (diverged, held or failed), or has to be
 *                               started again (later)
 * violation &lt;what&gt;.             what must not happen
 * stopped.                      it was asked to end by closing its standard input
 * </pre>
 */
public final class HandoverChild implements LitestreamListener {

	/** How many arguments the plan is; those of the place follow. */
	public static final int PLAN = 8;

	private static final Duration PATIENCE = Duration.ofSeconds(1);

	private final Plan plan;

	private final ObjectStore store;

	private volatile boolean running = true;

	/** Counts the times that it was fenced; negative while it is not. */
	private volatile int fenced = -1;

	private int fencings;

	private HandoverChild(Plan plan, ObjectStore store) {
		this.plan = plan;
		this.store = store;
	}

	/**
	 * How it is started.
	 *
	 * @param database the database; its directory is the machine's
	 * @param seed of what it does
	 * @param divergence what to do with a database that is not what the replica holds
	 * @param lease how long an owner that says nothing counts as alive
	 * @param retention of the replica
	 * @param snapshots how far apart
	 * @param indexes whether the WAL restarts all the time
	 * @param commits which of them wait
	 */
	record Plan(Path database, long seed, OnDivergence divergence, Duration lease, Duration retention,
			Duration snapshots, Indexes indexes, Commits commits) {

		static Plan of(String[] arguments) {
			return new Plan(Path.of(arguments[0]), Long.parseLong(arguments[1]), OnDivergence.valueOf(arguments[2]),
					Duration.parse(arguments[3]), Duration.parse(arguments[4]), Duration.parse(arguments[5]),
					Indexes.valueOf(arguments[6]), Commits.valueOf(arguments[7]));
		}

		List<String> arguments() {
			return List.of(this.database.toString(), String.valueOf(this.seed), this.divergence.name(),
					this.lease.toString(), this.retention.toString(), this.snapshots.toString(), this.indexes.name(),
					this.commits.name());
		}

	}

	/** How long an index of the WAL is. */
	enum Indexes {

		/** A few commits. */
		SHORT,
		/** More than a round makes. */
		LONG

	}

	/** Which commits wait until they are in the replica. */
	enum Commits {

		/** Some do, some are waited for by {@code sync}, some by nobody. */
		MIXED,
		/** All of several threads, one after the other without a pause. */
		WAITING

	}

	/**
	 * Runs it, until its standard input ends. Does not return.
	 * @param arguments the plan
	 * @param store the replica's
	 */
	public static void run(String[] arguments, ObjectStore store) {
		int status = 1;
		try {
			new HandoverChild(Plan.of(arguments), store).run();
			status = 0;
		}
		catch (Exception | Error ex) {
			ex.printStackTrace();
			say("violation the application has failed: " + ex);
		}
		Runtime.getRuntime().halt(status);
	}

	/**
	 * With a replica in a directory: the plan, then the directory, faults per thousand
	 * requests, and how many milliseconds late anything is at most.
	 */
	public static void main(String[] arguments) {
		long seed = Long.parseLong(arguments[1]);
		run(arguments, new LateStore(Engine.files(Path.of(arguments[PLAN])), seed,
				Integer.parseInt(arguments[PLAN + 1]), Integer.parseInt(arguments[PLAN + 2])));
	}

	private static synchronized void say(String line) {
		System.out.println(line.replace('\n', ' ') + ".");
		System.out.flush();
	}

	private void run() throws Exception {
		LitestreamDatabase litestream = start();
		if (litestream == null) {
			return;
		}
		say("started");
		Random random = new Random(this.plan.seed());
		List<Thread> writers = new ArrayList<>();
		for (int i = waiting() ? 4 : 1 + random.nextInt(2); i > 0; i--) {
			long seed = random.nextLong();
			Thread thread = new Thread(() -> write(litestream, new Random(seed)));
			thread.start();
			writers.add(thread);
		}
		System.in.readAllBytes();
		this.running = false;
		for (Thread writer : writers) {
			writer.join();
		}
		litestream.close();
		say("stopped");
	}

	private boolean waiting() {
		return this.plan.commits() == Commits.WAITING;
	}

	private @Nullable LitestreamDatabase start() throws IOException {
		boolean brief = this.plan.indexes() == Indexes.SHORT;
		LitestreamOptions options = LitestreamOptions.builder(this.plan.database())
			.name("app")
			.monitorInterval(Duration.ofMillis(100))
			.minFreeSpace(0)
			.onDivergence(this.plan.divergence())
			.checkpointInterval(brief ? Duration.ofMillis(500) : Duration.ofHours(1))
			.minCheckpointPageCount(brief ? 20 : 10_000)
			.maxCheckpointPageCount(brief ? 100 : 20_000)
			.truncatePageCount(brief ? 300 : 30_000)
			.shutdownSyncTimeout(Duration.ofSeconds(5))
			.lease(new LeaseOptions(true, this.plan.lease(), Duration.ofSeconds(60)))
			.build();
		Replica replica = new Replica("one", this.store,
				Replica.Options.builder()
					.syncInterval(Duration.ofMillis(5))
					.retention(this.plan.retention())
					.snapshotInterval(this.plan.snapshots())
					.retentionCheckInterval(Duration.ofMillis(500))
					.build());
		Files.createDirectories(this.plan.database().getParent());
		try {
			return LitestreamDatabase.start(options, List.of(replica), this,
					() -> new LitestreamRestore("app", List.of(replica), this)
						.restoreIfMissing(RestoreRequest.latest(this.plan.database()), RestoreProgress.NONE));
		}
		catch (DivergenceException ex) {
			say("refused diverged " + ex.getMessage());
		}
		catch (ReplicaHeldException ex) {
			say("refused held " + ex.getMessage());
		}
		catch (IOException ex) {
			ex.printStackTrace();
			say("refused failed " + ex.getMessage());
		}
		return null;
	}

	private void write(LitestreamDatabase litestream, Random random) {
		String owner = String.valueOf(ProcessHandle.current().pid());
		try (Connection connection = StressWriter.connect(this.plan.database(), "NORMAL", 0)) {
			StressWriter.execute(connection, HandoverChain.SCHEMA);
			while (this.running) {
				long nonce = random.nextLong() >>> 24;
				StressWriter.execute(connection, "BEGIN IMMEDIATE");
				for (String change : HandoverChain.changes(owner, nonce, random)) {
					StressWriter.execute(connection, change);
				}
				long seq = newest(connection);
				StressWriter.execute(connection, "COMMIT");
				litestream.changed();
				if (waiting()) {
					say("waits %d %d".formatted(seq, nonce));
					acknowledge(litestream, seq, nonce, false);
					continue;
				}
				if (random.nextInt(3) > 0) {
					acknowledge(litestream, seq, nonce, random.nextBoolean());
				}
				TimeUnit.MILLISECONDS.sleep(random.nextInt(20));
			}
		}
		catch (SQLException | InterruptedException | RuntimeException | Error ex) {
			ex.printStackTrace();
			say("violation a writer has failed: " + ex);
		}
	}

	private static long newest(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet found = statement.executeQuery("SELECT max(seq) FROM chain")) {
			return found.getLong(1);
		}
	}

	private void acknowledge(LitestreamDatabase litestream, long seq, long nonce, boolean sync)
			throws InterruptedException {
		int before = this.fenced;
		try {
			if (sync) {
				litestream.sync(PATIENCE);
			}
			else {
				litestream.awaitCommitted(1, PATIENCE);
			}
			say("acknowledged %d %d".formatted(seq, nonce));
			if (before >= 0 && before == this.fenced) {
				say("violation it is fenced, and has acknowledged %d".formatted(seq));
			}
		}
		catch (TimeoutException | NotReplicatedException | IOException ex) {
			if (String.valueOf(ex.getMessage()).contains("start this application again")) {
				say("refused later " + ex.getMessage());
				Runtime.getRuntime().halt(0);
			}
			if (this.running) {
				say("waited %d in vain: %s".formatted(seq, ex.getMessage()));
				TimeUnit.MILLISECONDS.sleep(50); // it may fail at once
			}
		}
	}

	@Override
	public synchronized void replicaTakenOver(String database, String replica, WalPosition position, long epoch) {
		this.fenced = -1;
		say("owned %d".formatted(epoch));
	}

	@Override
	public synchronized void replicaFenced(String database, String replica, @Nullable WalPosition position,
			String detail) {
		this.fenced = this.fencings++;
		say("fenced");
	}

	@Override
	public void generationStarted(String database, WalPosition position, GenerationReason reason, String detail) {
		say("generation %s %s: %s".formatted(position.generation(), reason, detail));
	}

	@Override
	public void snapshotTaken(String database, String replica, @Nullable Snapshot snapshot, Duration duration,
			Outcome outcome) {
		if (snapshot != null) {
			say("snapshot");
		}
	}

}

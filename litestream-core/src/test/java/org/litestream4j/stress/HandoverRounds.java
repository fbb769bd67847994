package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import org.litestream4j.LitestreamRestore;
import org.litestream4j.OnDivergence;
import org.litestream4j.Replica;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreRequest;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.RealLitestream;

/**
 * Machines that take one replica over from each other, again and again, in every way that
 * chance finds: killed, paused beyond their lease and back, stopped, handed over to,
 * several at once, old ones with what they had, new ones with nothing. Whatever anybody
 * acknowledged stays in the replica, in one unbroken chain, and who has lost the replica
 * says so and acknowledges nothing more.
 */
public final class HandoverRounds {

	/** What the next owner may take, after everybody else has gone. */
	private static final Duration PATIENCE = Duration.ofMinutes(2);

	/** Rounds with one replica: restores of a long chain take long. */
	private static final int ROUNDS_OF_A_WORLD = 20;

	private static final int REAL_RESTORE_EVERY = 10;

	private final Path directory;

	private final HandoverPlace.Maker maker;

	private final Kind kind;

	private final Random random;

	private final long seed;

	private final Map<String, Integer> counts = new TreeMap<>();

	private final List<HandoverMachine> machines = new ArrayList<>();

	private final List<String> story = new ArrayList<>();

	private HandoverMachine.Heard heard = new HandoverMachine.Heard();

	private @Nullable World world;

	/** What happens to machines. */
	public enum Kind {

		/** Everything. */
		ANY,
		/** The owner is killed while commits wait, and another machine goes on. */
		KILL

	}

	/**
	 * One replica and those who share it.
	 *
	 * @param faultsPerThousand of a thousand requests, to how many something happens
	 */
	private record World(Path directory, HandoverPlace place, Duration lease, Duration retention, Duration snapshots,
			int faultsPerThousand) {

		boolean isCalm() {
			return this.faultsPerThousand == 0;
		}

		/** Whether nothing is deleted while it lasts. */
		boolean keepsAll() {
			return this.retention.toHours() > 0;
		}

	}

	/**
	 * Creates rounds.
	 * @param directory for all files
	 * @param maker of replicas
	 * @param kind of rounds
	 * @param seed of all that chance decides
	 */
	public HandoverRounds(Path directory, HandoverPlace.Maker maker, Kind kind, long seed) throws IOException {
		this.directory = Files.createDirectories(directory);
		this.maker = maker;
		this.kind = kind;
		this.seed = seed;
		this.random = new Random(seed);
	}

	/**
	 * Makes rounds.
	 * @param rounds how many
	 * @param longest ends before, if so much time has passed
	 * @return figures
	 * @throws AssertionError if anything is not as it has to be
	 */
	public String run(int rounds, Duration longest) throws Exception {
		long start = System.nanoTime();
		int round = 0;
		try {
			while (round < rounds && System.nanoTime() - start < longest.toNanos()) {
				if (round % ROUNDS_OF_A_WORLD == 0) {
					end();
					begin(round);
				}
				note("round %d".formatted(round));
				round();
				round++;
				count("rounds", 1);
				verify(round % REAL_RESTORE_EVERY == 0);
				if (round % 100 == 0) {
					System.out.println(figures(start));
				}
			}
			end();
			return figures(start);
		}
		catch (Exception | AssertionError ex) {
			throw new AssertionError("seed %d, round %d: %s%n%s%n%s".formatted(this.seed, round, ex.getMessage(),
					String.join("\n", this.story), printed()), ex);
		}
		finally {
			for (HandoverMachine machine : this.machines) {
				machine.kill();
			}
			World last = this.world;
			if (last != null) {
				last.place().close();
			}
		}
	}

	private String figures(long start) {
		return "seed %d, %d s: %s".formatted(this.seed, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start),
				this.counts);
	}

	private String printed() {
		StringBuilder printed = new StringBuilder();
		this.machines.forEach((machine) -> printed.append(machine.printed()).append('\n'));
		return printed.toString();
	}

	private void count(String what, int by) {
		this.counts.merge(what, by, Integer::sum);
	}

	private void note(String what) {
		this.story.add("%tT %s".formatted(System.currentTimeMillis(), what));
		if (this.story.size() > 200) {
			this.story.remove(0);
		}
	}

	private World world() {
		World known = this.world;
		if (known == null) {
			throw new IllegalStateException("nothing has begun");
		}
		return known;
	}

	private void begin(int round) throws Exception {
		Path own = Files.createDirectory(this.directory.resolve("rounds-" + round));
		int faults = new int[] { 0, 20, 60 }[this.random.nextInt(3)];
		Duration lease = Duration.ofMillis(1000 + this.random.nextInt(1000));
		Duration retention = (this.random.nextInt(4) == 0) ? Duration.ofSeconds(6) : Duration.ofHours(24);
		Duration snapshots = (retention.toHours() == 0 || this.random.nextInt(4) == 0) ? Duration.ofSeconds(2)
				: Duration.ofHours(24);
		HandoverPlace place = this.maker.make(own, this.random.nextLong(), faults);
		this.world = new World(own, place, lease, retention, snapshots, faults);
		note(this.world.toString());
		this.heard = new HandoverMachine.Heard();
		settle();
	}

	/** Ends the world, and looks at all that is left of it. */
	private void end() throws Exception {
		World last = this.world;
		if (last == null) {
			return;
		}
		for (HandoverMachine machine : List.copyOf(this.machines)) {
			boolean stop = this.random.nextBoolean();
			if (stop && machine.isStarted()) {
				stopAndWait(machine);
			}
			else {
				kill(machine); // one that waits for the replica hears nothing
			}
		}
		verify(true);
		try (ObjectStore store = last.place().open()) {
			count("segments", HandoverChain.checkWriters(store, last.keepsAll()));
		}
		count("acknowledged commits", this.heard.acknowledgements);
		count("takeovers", this.heard.takeovers);
		count("fencings", this.heard.fencings);
		count("snapshots", this.heard.snapshots);
		count("worlds", 1);
		System.out.println("%tT %s".formatted(System.currentTimeMillis(), this.counts));
		this.heard.generations.forEach((line) -> {
			String reason = line.split(" ")[2];
			count("generations: " + reason, 1);
			if (!reason.startsWith("NO_LOCAL_STATE")) {
				System.out.println(last + ": " + line);
			}
		});
		if (last.isCalm() && this.heard.generations.size() > 1) {
			System.out.println("generations of a calm world: " + this.heard.generations);
		}
		last.place().close();
		this.world = null;
		StressMain.deleteAll(last.directory());
	}

	private void round() throws Exception {
		HandoverMachine old = this.machines.get(this.machines.size() - 1);
		if (this.kind == Kind.KILL) {
			failOver(old);
			settle();
			return;
		}
		switch (this.random.nextInt(10)) {
			case 0 -> kill(old);
			case 1 -> stopAndWait(old);
			case 2, 3 -> handOver(old);
			case 4 -> killWhileAnotherWaits(old);
			case 5, 6 -> pauseUntilTakenOver(old);
			case 7 -> pauseWhileAnotherTriesInVain(old);
			case 8 -> contest(old);
			default -> {
				note("pauses %s for a moment".formatted(old));
				old.pause();
				sleep(1000);
				old.resume();
				count("SIGSTOP within the lease", 1);
			}
		}
		settle();
	}

	private void sleep(int longestMillis) throws InterruptedException {
		TimeUnit.MILLISECONDS.sleep(this.random.nextInt(longestMillis));
	}

	private HandoverMachine start() throws IOException {
		return start(null);
	}

	/**
	 * Starts a machine.
	 * @param other than the one with this directory
	 */
	private HandoverMachine start(@Nullable Path other) throws IOException {
		World now = world();
		List<Path> free = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			Path each = now.directory().resolve("machine-" + i);
			if (!each.equals(other)
					&& this.machines.stream().noneMatch((machine) -> machine.directory().equals(each))) {
				free.add(each);
			}
		}
		Path chosen = free.get(this.random.nextInt(free.size()));
		if (Files.exists(chosen) && this.random.nextInt(3) == 0) {
			StressMain.deleteAll(chosen);
			count("new machines", 1);
		}
		OnDivergence divergence = this.random.nextBoolean() ? OnDivergence.RESTORE : OnDivergence.FAIL;
		HandoverChild.Plan plan = new HandoverChild.Plan(chosen.resolve("app.db"), this.random.nextLong(), divergence,
				now.lease(), now.retention(), now.snapshots(),
				this.random.nextBoolean() ? HandoverChild.Indexes.SHORT : HandoverChild.Indexes.LONG,
				(this.kind == Kind.KILL) ? HandoverChild.Commits.WAITING : HandoverChild.Commits.MIXED);
		ChildProcess process = now.place().start(plan.arguments());
		HandoverMachine started = new HandoverMachine(this.heard, process, chosen);
		if (!this.machines.isEmpty()) {
			started.beside();
		}
		this.machines.forEach(HandoverMachine::beside);
		this.machines.add(started);
		note("starts %s, %s, on divergence %s".formatted(started, plan.indexes(), divergence));
		count("starts", 1);
		return started;
	}

	private void kill(HandoverMachine machine) throws InterruptedException {
		note("kills %s".formatted(machine));
		machine.kill();
		this.machines.remove(machine);
		count("kill -9", 1);
	}

	private void stopAndWait(HandoverMachine machine) throws InterruptedException {
		note("stops %s".formatted(machine));
		machine.stop();
		if (!this.heard.await(PATIENCE, machine::hasEnded)) {
			throw new AssertionError("%s does not stop".formatted(machine));
		}
		kill(machine);
		count("kill -9", -1);
		count("clean stops", 1);
	}

	private void handOver(HandoverMachine old) throws Exception {
		start();
		sleep(2000);
		stopAndWait(old);
		count("stops while another one waits", 1);
	}

	private void killWhileAnotherWaits(HandoverMachine old) throws Exception {
		start();
		sleep(2000);
		kill(old);
	}

	/**
	 * The owner is killed while commits wait. Another machine, which may have waited for
	 * the replica before, goes on; the one that was killed is lost, or comes back later.
	 */
	private void failOver(HandoverMachine old) throws Exception {
		boolean ready = this.random.nextBoolean();
		if (ready) {
			start();
		}
		sleep(1000);
		kill(old);
		int waiting = old.waiting();
		note("%d commits waited".formatted(waiting));
		count("commits that waited when their machine was killed", waiting);
		count((waiting > 0) ? "kills while commits waited" : "kills while no commit waited", 1);
		if (this.random.nextBoolean()) {
			StressMain.deleteAll(old.directory());
			count("lost machines", 1);
		}
		if (!ready) {
			start(old.directory());
		}
	}

	private void pauseUntilTakenOver(HandoverMachine old) throws Exception {
		note("pauses %s".formatted(old));
		old.pause();
		count("SIGSTOP beyond the lease", 1);
		HandoverMachine next = start();
		this.heard.await(Duration.ofSeconds(15), () -> next.acknowledgements() > 0 || next.hasEnded());
		boolean taken = next.acknowledgements() > 0;
		if (this.random.nextInt(3) == 0) {
			// Long enough for retention to delete fences, where it is short
			sleep(world().keepsAll() ? 1000 : 15_000);
		}
		note("resumes %s".formatted(old));
		old.resume();
		if (taken && !this.heard.await(PATIENCE, () -> old.isFenced() || old.hasEnded())) {
			throw new AssertionError("%s does not say that it is fenced".formatted(old));
		}
		if (this.random.nextBoolean()) {
			kill(old);
		}
		else if (this.random.nextBoolean()) {
			stopAndWait(old);
		}
	}

	private void pauseWhileAnotherTriesInVain(HandoverMachine old) throws Exception {
		note("pauses %s".formatted(old));
		old.pause();
		count("SIGSTOP beyond the lease", 1);
		HandoverMachine next = start();
		sleep(4000);
		kill(next);
		count("kill -9 of who takes over", 1);
		note("resumes %s".formatted(old));
		old.resume();
	}

	private void contest(HandoverMachine old) throws Exception {
		if (this.random.nextBoolean()) {
			kill(old);
		}
		else {
			stopAndWait(old);
		}
		start();
		start();
		count("contests", 1);
	}

	/**
	 * Waits until somebody acknowledges something new, and leaves nobody alive who
	 * cannot: who is fenced, refused to start, or waits.
	 */
	private void settle() throws Exception {
		for (int attempt = 1; attempt <= 20; attempt++) {
			clear();
			if (this.machines.isEmpty()) {
				start();
			}
			int before = this.heard.acknowledgements;
			List<HandoverMachine> alive = List.copyOf(this.machines);
			Map<HandoverMachine, Integer> seen = new HashMap<>();
			alive.forEach((machine) -> seen.put(machine, machine.acknowledgements()));
			boolean moved = this.heard.await(PATIENCE,
					() -> this.heard.acknowledgements > before || alive.stream().anyMatch(HandoverMachine::hasEnded)
							|| alive.stream().allMatch(HandoverMachine::isFenced));
			failOnViolations();
			if (!moved) {
				throw new AssertionError("nobody acknowledges anything any more: %s".formatted(alive));
			}
			for (HandoverMachine machine : alive) {
				if (machine.acknowledgements() > seen.getOrDefault(machine, 0)) {
					this.machines.remove(machine);
					this.machines.add(machine); // the owner is the last one
					leaveAlone(machine);
					sleep(200);
					return;
				}
			}
			for (HandoverMachine machine : alive) {
				if (machine.isFenced() && this.machines.contains(machine)) {
					kill(machine);
				}
			}
		}
		throw new AssertionError("nobody comes to own the replica");
	}

	/** Now and then the others live on. */
	private void leaveAlone(HandoverMachine owner) throws InterruptedException {
		for (HandoverMachine machine : List.copyOf(this.machines)) {
			if (machine != owner && (this.machines.size() > 2 || this.random.nextInt(3) > 0)) {
				kill(machine);
			}
		}
	}

	/** Takes note of those who have ended by themselves. */
	private void clear() throws IOException, InterruptedException {
		for (HandoverMachine machine : List.copyOf(this.machines)) {
			if (machine.hasEnded()) {
				machine.kill();
				this.machines.remove(machine);
				String why = machine.refusal();
				note("%s has ended: %s".formatted(machine, why));
				if (why == null) {
					throw new AssertionError("%s has ended. %s".formatted(machine, machine.printed()));
				}
				String kind = why.split(" ")[0];
				count("refused: " + kind, 1);
				boolean allowed = switch (kind) {
					case "diverged" -> true;
					case "later" -> machine.isFenced() || !world().isCalm();
					case "held" -> !machine.isAlone();
					default -> !world().isCalm();
				};
				if (!allowed) {
					throw new AssertionError("%s did not start: %s. %s".formatted(machine, why, machine.printed()));
				}
				if (kind.equals("diverged")) {
					StressMain.deleteAll(machine.directory());
				}
			}
		}
		failOnViolations();
	}

	private void failOnViolations() {
		this.heard.requireNoViolations();
	}

	private void verify(boolean real) throws Exception {
		Map<Long, Long> acknowledged = this.heard.snapshotOfAcknowledged();
		Path output = world().directory().resolve("restored.db");
		try (ObjectStore store = world().place().open()) {
			restore(store, output);
		}
		require(acknowledged, output);
		count("restores", 1);
		if (real && RealLitestream.find().isPresent()) {
			for (HandoverMachine machine : this.machines) {
				machine.pause(); // it reads what retention may delete
			}
			world().place().restoreReal(output);
			for (HandoverMachine machine : this.machines) {
				machine.resume();
			}
			require(acknowledged, output);
			count("restores by the real litestream", 1);
		}
		failOnViolations();
	}

	private static void restore(ObjectStore store, Path output) throws IOException {
		Replica source = new Replica("one", store, Replica.Options.DEFAULTS);
		RestoreRequest request = RestoreRequest.latest(output)
			.withOptions(RestoreOptions.DEFAULTS.withParallelism(4).withIntegrityCheck(IntegrityCheck.NONE));
		new LitestreamRestore("app", List.of(source), LitestreamListener.NONE).restore(request, RestoreProgress.NONE);
	}

	private void require(Map<Long, Long> acknowledged, Path restored) throws Exception {
		List<Long> nonces = HandoverChain.check(restored);
		acknowledged.forEach((seq, nonce) -> {
			Long found = (seq <= nonces.size()) ? nonces.get((int) (seq - 1)) : null;
			if (!nonce.equals(found)) {
				throw new AssertionError("%s ends at row %d: row %d was acknowledged with nonce %d, and has %s"
					.formatted(restored, nonces.size(), seq, nonce, found));
			}
		});
		Restores.delete(restored);
	}

	/**
	 * The long run: {@code HandoverRounds rounds=1000 seed=1 minutes=60
	 * directory=target/handover}, and {@code only=kill}. Needs what {@link StressMain}
	 * needs.
	 */
	public static void main(String[] arguments) throws Exception {
		main(arguments, HandoverPlace::directory);
	}

	/** The same elsewhere. */
	public static void main(String[] arguments, HandoverPlace.Maker maker) throws Exception {
		Map<String, String> given = new TreeMap<>();
		for (String argument : arguments) {
			given.put(argument.split("=", 2)[0], argument.split("=", 2)[1]);
		}
		long seed = Long.parseLong(given.getOrDefault("seed", String.valueOf(System.nanoTime())));
		Path directory = Path.of(given.getOrDefault("directory", "target/handover")).resolve("seed-" + seed);
		int rounds = Integer.parseInt(given.getOrDefault("rounds", "1000"));
		Duration longest = Duration.ofMinutes(Long.parseLong(given.getOrDefault("minutes", "600")));
		Kind kind = Kind.valueOf(given.getOrDefault("only", "any").toUpperCase(Locale.ROOT));
		System.out.println("seed=" + seed);
		try {
			System.out.println(new HandoverRounds(directory, maker, kind, seed).run(rounds, longest));
			System.exit(0);
		}
		catch (Exception | AssertionError ex) {
			ex.printStackTrace(System.out);
			System.exit(1);
		}
	}

}

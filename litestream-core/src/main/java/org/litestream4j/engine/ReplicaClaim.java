package org.litestream4j.engine;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.DivergenceException;
import org.litestream4j.Fencing;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.Replica;
import org.litestream4j.ReplicaFormats;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.spi.ReplicaFormat;
import org.litestream4j.lease.Answer;
import org.litestream4j.lease.Approach;
import org.litestream4j.lease.Catalog;
import org.litestream4j.lease.ChainEnd;
import org.litestream4j.lease.DamagedLockFileException;
import org.litestream4j.lease.LeaseKeeper;
import org.litestream4j.lease.LeaseWait;
import org.litestream4j.lease.LeaseWatch;
import org.litestream4j.lease.LockFile.Means;
import org.litestream4j.lease.LockFile;
import org.litestream4j.lease.LogAccess;
import org.litestream4j.lease.Pause;
import org.litestream4j.lease.ReplicaHeldException;
import org.litestream4j.lease.ReplicaLock;
import org.litestream4j.lease.Request;
import org.litestream4j.lease.Run;
import org.litestream4j.lease.Takeover;
import org.litestream4j.lease.TakeoverDriver;
import org.litestream4j.lease.WishFile;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.FencedException;
import org.litestream4j.replication.ReplicaNotes;
import org.litestream4j.replication.ReplicaOwner;

/**
 * Takes one replica over: at the start of a run, as far as its store can be reached then,
 * and whenever that has to be done later. Thread-safe: the start is over before anything
 * else begins.
 */
final class ReplicaClaim implements ReplicaOwner.Claiming {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaClaim.class);

	/** An application does not wait longer for a store. */
	private static final Duration FIRST_ANSWER = Duration.ofSeconds(5);

	/** How often it is tried to find out what the store can do. */
	private static final int OPENINGS = 3;

	private static final Duration OPENING_PAUSE = Duration.ofMillis(200);

	private final LitestreamOptions options;

	private final Replica replica;

	private final LitestreamListener listener;

	private final Run run;

	/** Runs of the same meta directory before this one. */
	private final List<String> before;

	private final ReplicaNotes notes;

	private final Check check;

	private final ReplicaFormat format;

	private final LogAccess log;

	private volatile @Nullable LockFile lockFile;

	private volatile @Nullable LeaseWatch watch;

	private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.TRYING);

	private volatile boolean fencing;

	private volatile Takeover.@Nullable Taken taken;

	/** As somebody else left it last. */
	private volatile @Nullable ReplicaLock lock;

	private volatile @Nullable Found found;

	/** Once the database is open. */
	private volatile @Nullable ShadowWal shadow;

	private volatile @Nullable Foreign foreign;

	private @Nullable ReplicaOwner owner;

	private @Nullable LeaseKeeper keeper;

	private @Nullable StartWatch start;

	/** Whether the start has failed: what is taken later is handed over. */
	private boolean released;

	/** How far a start is. */
	private enum Phase {

		/** Whether the store answers is not known. */
		TRYING,
		/** The start waits for its end. */
		TAKING,
		/** The start goes on without it. */
		LEFT

	}

	/**
	 * What is in a replica that is about to be taken over.
	 *
	 * @param replica its name
	 * @param chain where the generation that goes on ends
	 * @param lock the lock file as it was before; null if there was none
	 * @param isOurs whether a run of the same meta directory wrote what it holds last
	 */
	record Found(String replica, ChainEnd chain, @Nullable ReplicaLock lock, boolean isOurs) {

		/** The generation that goes on. */
		Generation generation() {
			return dataEnd().generation();
		}

		/**
		 * Whether a generation is the one that the lock file has named since, which goes
		 * on only once it has a snapshot. Whoever has it began it, as the owner of what
		 * was found, which the lock file names as the one before. What it does not name
		 * was written by somebody who knows of no lock file.
		 */
		boolean isFollowedBy(Generation local) {
			return this.lock != null && local.equals(this.lock.current()) && generation().equals(this.lock.previous());
		}

		/** Where the last object ends that has content. */
		WalPosition dataEnd() {
			return this.chain.dataEnd();
		}

		/** Who wrote that object; null if it does not say. */
		@Nullable String writerRun() {
			return this.chain.writerRun();
		}

		/** Who wrote it, and when, for people. */
		String written() {
			ReplicaLock known = this.lock;
			Instant at = this.chain.storedAt().truncatedTo(ChronoUnit.SECONDS);
			return (known != null) ? "by %s at %s".formatted(known.owner(), at) : "at %s".formatted(at);
		}

	}

	/** Holds what was found at the start against what is here. */
	@FunctionalInterface
	interface Check {

		/**
		 * Checks.
		 * @throws DivergenceException if the replica must not be taken over
		 */
		void check(Found found, ReplicaNotes notes) throws IOException;

	}

	ReplicaClaim(LitestreamOptions options, Replica replica, LitestreamListener listener, Run run, List<String> before,
			ReplicaNotes notes, Check check) {
		this.options = options;
		this.replica = replica;
		this.listener = listener;
		this.run = run;
		this.before = before;
		this.notes = notes;
		this.check = check;
		this.format = ReplicaFormats.of(replica);
		this.log = this.format.access(replica.store());
	}

	/**
	 * Takes several over at once: each may have to wait for its owner, and none for a
	 * store that does not answer.
	 * @throws IOException the first failure that forbids the start, once the others have
	 * ended, or had the time to
	 */
	static void takeAll(String database, List<ReplicaClaim> claims) throws IOException {
		List<FutureTask<Void>> tasks = new ArrayList<>();
		List<Thread> threads = new ArrayList<>();
		boolean whole = false;
		for (ReplicaClaim claim : claims) {
			FutureTask<Void> task = new FutureTask<>(() -> {
				claim.take();
				return null;
			});
			Thread thread = new Thread(task, "litestream-take-over-%s-%s".formatted(database, claim.replica.name()));
			thread.setDaemon(true);
			thread.start();
			threads.add(thread);
			tasks.add(task);
		}
		long deadline = System.nanoTime() + FIRST_ANSWER.toNanos();
		try {
			for (int i = 0; i < claims.size(); i++) {
				claims.get(i).await(tasks.get(i), deadline);
			}
			whole = true;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException("the start was interrupted", ex);
		}
		finally {
			if (!whole) {
				awaitEnd(threads);
			}
			tasks.forEach((task) -> task.cancel(true));
		}
	}

	/** What is taken can be handed over only by whoever knows that it was. */
	private static void awaitEnd(List<Thread> threads) {
		long deadline = System.nanoTime() + FIRST_ANSWER.toNanos();
		try {
			for (Thread thread : threads) {
				thread.join(Math.max(TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()), 1));
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void await(FutureTask<Void> task, long deadline) throws IOException, InterruptedException {
		try {
			awaitFirstAnswer(task, deadline);
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof IOException cause) {
				throw cause;
			}
			throw new IllegalStateException("replica '%s' cannot be taken over".formatted(this.replica.name()),
					ex.getCause());
		}
	}

	private void awaitFirstAnswer(FutureTask<Void> task, long deadline)
			throws ExecutionException, InterruptedException {
		try {
			task.get(Math.max(deadline - System.nanoTime(), 0), TimeUnit.NANOSECONDS);
		}
		catch (TimeoutException ex) {
			if (this.phase.compareAndSet(Phase.TRYING, Phase.LEFT)) {
				logger.warn(
						"Database '{}': replica '{}' ({}) does not answer within {} s; the application starts, and the"
								+ " replica is taken over as soon as it answers",
						this.options.name(), this.replica.name(), this.replica.store().url(), FIRST_ANSWER.toSeconds());
			}
			else {
				task.get();
			}
		}
	}

	/** As far as it can be done now. */
	private void take() throws IOException {
		this.fencing = this.replica.options().fencing() != Fencing.OFF;
		if (this.fencing) {
			take(() -> this.phase.compareAndSet(Phase.TRYING, Phase.TAKING));
		}
	}

	/**
	 * Tries once more what could not be done, as the start needs what the replica holds:
	 * what is restored from a replica that is not this run's may be overtaken at once.
	 */
	void takeAgain() throws IOException {
		if (this.fencing && this.taken == null) {
			this.phase.set(Phase.TAKING);
			take(() -> true);
		}
	}

	private void take(BooleanSupplier isWanted) throws IOException {
		try {
			// A store that does not answer its first request keeps nobody waiting
			this.fencing = openPersistently();
			if (this.fencing && isWanted.getAsBoolean()) {
				taken(driver().takeOver(this.run, approach(), this::foundAtStart));
			}
		}
		catch (DivergenceException | ReplicaHeldException | FencingImpossibleException ex) {
			throw ex;
		}
		catch (IOException ex) {
			logger.warn("Database '{}': replica '{}' ({}) cannot be taken over now, and is as soon as it answers: {}",
					this.options.name(), this.replica.name(), this.replica.store().url(), ex.getMessage());
		}
	}

	/** From here on it is kept, however long the start takes. */
	private void taken(Takeover.Taken now) {
		this.taken = now;
		synchronized (this) {
			if (!this.released) {
				LeaseKeeper known = keeper();
				if (known != null) {
					this.start = StartWatch.begin(owner(), known, this.options.lease().duration(),
							this.replica.store().lane(),
							"litestream-%s-%s-start".formatted(this.options.name(), this.replica.name()));
				}
				return;
			}
		}
		ReplicaOwner.of(this.options.name(), this.replica.name(), this.listener, this, now).release(null);
	}

	/** One request that goes wrong is no reason to begin without the replica. */
	private boolean openPersistently() throws IOException {
		for (int attempt = 1;; attempt++) {
			try {
				boolean can = open();
				if (can) {
					// What it can do may have been known without a request
					lockFile().read();
				}
				return can;
			}
			catch (FencingImpossibleException | DamagedLockFileException ex) {
				throw ex;
			}
			catch (IOException ex) {
				if (attempt == OPENINGS) {
					throw ex;
				}
				Pause.SLEEP.rest(OPENING_PAUSE);
			}
		}
	}

	/**
	 * Finds out whether others can be kept out.
	 * @return false if they cannot
	 * @throws FencingImpossibleException if they must be
	 */
	private boolean open() throws IOException {
		Optional<Means> means = FencingTrial.means(this.options.name(), this.replica);
		if (means.isPresent() && this.lockFile == null) {
			LockFile file = new LockFile(this.replica.store(), means.get(), this.options.lease().duration(),
					Clock.systemUTC());
			this.lockFile = file;
			this.watch = new LeaseWatch(file, new WishFile(this.replica.store()), this.log,
					this.options.lease().duration(), System::nanoTime, this.run, this.before);
		}
		return means.isPresent();
	}

	private LockFile lockFile() {
		return Objects.requireNonNull(this.lockFile, "whether the store can fence is not known");
	}

	private LeaseWatch watch() {
		return Objects.requireNonNull(this.watch, "whether the store can fence is not known");
	}

	private TakeoverDriver driver() {
		return new TakeoverDriver(lockFile(), this.log, Pause.SLEEP);
	}

	private Approach approach() {
		return () -> {
			Answer.LockIs answer = this.options.lease().enabled() ? lease().await() : driver().atOnce().await();
			seen(answer.lock());
			return answer;
		};
	}

	/** A claim of this run that came to nothing does not say who wrote there. */
	private void seen(@Nullable ReplicaLock now) {
		if (now == null || !now.runId().equals(this.run.id())) {
			this.lock = now;
		}
	}

	private LeaseWait lease() {
		return new LeaseWait(watch(), this.options.lease().longestWait(), System::nanoTime, Pause.SLEEP,
				"Replica '%s' (%s) of database '%s'".formatted(this.replica.name(), this.replica.store().url(),
						this.options.name()));
	}

	private void foundAtStart(Catalog.Log log) throws IOException {
		ChainEnd end = this.log.end(log.generation()).orElse(null);
		if (end != null) {
			Found there = new Found(this.replica.name(), end, this.lock, isOurs(end));
			this.found = there;
			this.check.check(there, this.notes);
		}
	}

	/**
	 * Whether what it holds last was written by a run of this meta directory, so that
	 * nothing is lost if another generation of it begins. That the lock file names one
	 * proves nothing: it may have claimed the replica and been refused what it found.
	 */
	private boolean isOurs(ChainEnd end) {
		String writer = end.writerRun();
		return writer != null && (writer.equals(this.run.id()) || this.before.contains(writer));
	}

	@Override
	public Answer ask(Request request) throws IOException {
		return lockFile().answer(request);
	}

	/**
	 * Nobody is waited for: whoever ships comes back. A run that was fenced stays so
	 * while somebody else has written there since, as one of the two must be given up,
	 * and that is decided at a start.
	 */
	@Override
	public @Nullable Takeover claim(@Nullable Generation written) throws IOException {
		if (!open()) {
			return null;
		}
		requireNothingForeign();
		LeaseWatch.Finding finding = watch().look();
		boolean polite = this.options.lease().enabled() || written != null;
		if (polite && finding instanceof LeaseWatch.Finding.Held held) {
			throw new IOException("it is owned by %s in epoch %d: stop that application, or this one"
				.formatted(held.lock().owner(), held.lock().epoch()));
		}
		seen(finding.answer().lock());
		Takeover.Taken later = driver().takeOver(this.run, driver().atOnce(), this::foundLater);
		watch().end();
		return later;
	}

	/**
	 * Nobody is asked to stop, nor to say that he is alive, for a replica that this run
	 * could not go on with. Once that is known one look at the lock file is enough, until
	 * that changes.
	 */
	private void requireNothingForeign() throws IOException {
		Answer.LockIs now = lockFile().read();
		Foreign known = this.foreign;
		if (known != null && Objects.equals(now.tag(), known.tag())) {
			throw new ForeignLogException(known.message());
		}
		this.foreign = null;
		Catalog.Log log = this.log.catalog().chosen(now.lock());
		if (log == null) {
			return;
		}
		seen(now.lock());
		try {
			foundLater(log);
		}
		catch (ForeignLogException ex) {
			this.foreign = new Foreign(now.tag(), String.valueOf(ex.getMessage()));
			throw ex;
		}
	}

	/**
	 * That somebody else has written to the replica, as of a version of the lock file.
	 */
	private record Foreign(@Nullable String tag, String message) {
	}

	/** Says so. */
	private static final class ForeignLogException extends IOException {

		private static final long serialVersionUID = 1L;

		ForeignLogException(String message) {
			super(message);
		}

	}

	private void foundLater(Catalog.Log log) throws IOException {
		ChainEnd end = this.log.end(log.generation()).orElse(null);
		ShadowWal local = this.shadow;
		if (end == null || local == null) {
			return;
		}
		Found there = new Found(this.replica.name(), end, this.lock, isOurs(end));
		Optional<Divergence> divergence = Divergence.between(local.requirePosition().generation(), there,
				local.continuationOf(end.dataEnd(), end.writerRun()));
		if (divergence.isPresent()) {
			throw new ForeignLogException(
					"it ends at %s, written %s, and %s: start this application again, which decides by litestream.on-divergence"
						.formatted(end.dataEnd(), there.written(), divergence.get().detail()));
		}
	}

	Replica replica() {
		return this.replica;
	}

	ReplicaNotes notes() {
		return this.notes;
	}

	/** The one in which the replica was found, if it is to be found out. */
	ReplicaFormat format() {
		return this.format;
	}

	/** Whether others are kept from writing, or are to be once the store answers. */
	boolean isFencing() {
		return this.fencing;
	}

	/** Whether it was taken over at the start. */
	boolean isTaken() {
		return this.taken != null;
	}

	/** What was taken over that can be gone on with. */
	Optional<Takeover.Owned> owned() {
		return (this.taken instanceof Takeover.Owned owned) ? Optional.of(owned) : Optional.empty();
	}

	/** What was found there. */
	Optional<Found> found() {
		return Optional.ofNullable(this.found);
	}

	/** Whose it is. To be asked once it was taken over, or will not be at this start. */
	synchronized ReplicaOwner owner() {
		ReplicaOwner known = this.owner;
		if (known == null) {
			known = this.fencing
					? ReplicaOwner.of(this.options.name(), this.replica.name(), this.listener, this, this.taken)
					: ReplicaOwner.open(this.options.name(), this.replica.name(), this.listener);
			this.owner = known;
		}
		return known;
	}

	/** Finds those who wait for the replica; null if nobody is to be waited for. */
	synchronized @Nullable LeaseKeeper keeper() {
		if (this.keeper == null && this.fencing && this.options.lease().enabled()) {
			this.keeper = new LeaseKeeper(new WishFile(this.replica.store()), this.run.id());
		}
		return this.keeper;
	}

	/**
	 * Whether somebody else has taken it over since this start did, as far as is known.
	 */
	boolean isLost() {
		return isTaken() && owner().isLost();
	}

	/**
	 * Asks whether it is this start's still. A store that does not answer keeps no
	 * application from starting.
	 * @throws ReplicaHeldException if somebody else has taken it over
	 */
	void requireStill() throws ReplicaHeldException {
		if (!isTaken()) {
			return;
		}
		try {
			owner().requireOwned();
		}
		catch (FencedException ex) {
			throw lost();
		}
		catch (IOException ex) {
			logger.warn("Database '{}': whether replica '{}' ({}) still belongs to this start cannot be told: {}",
					this.options.name(), this.replica.name(), this.replica.store().url(), ex.getMessage());
		}
	}

	/** What to fail with, once it {@linkplain #isLost() is lost}. */
	ReplicaHeldException lost() {
		String by = owner().ownerName();
		return new ReplicaHeldException(
				"Replica '%s' (%s) of database '%s' was taken over by %s while this start was under way: nothing was opened or written; stop that application, or start this one again, which then waits for it"
					.formatted(this.replica.name(), this.replica.store().url(), this.options.name(),
							(by != null) ? by : "somebody else"),
				Objects.requireNonNull(this.taken).lock());
	}

	/** The engine runs, and keeps it itself. */
	synchronized void begun() {
		if (this.start != null) {
			this.start.end();
			this.start = null;
		}
	}

	/** Hands over what was taken, as the start has failed. Never throws. */
	void release() {
		synchronized (this) {
			this.released = true;
			begun();
		}
		owner().release(null);
	}

	/** Says that the database is open, and what replicas are fed from. */
	void opened(ShadowWal opened) {
		this.shadow = opened;
	}

}

package org.litestream4j.replication;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Durations;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.lease.Answer;
import org.litestream4j.lease.Ownership;
import org.litestream4j.lease.ReplicaLock;
import org.litestream4j.lease.Request;
import org.litestream4j.lease.Takeover;
import org.litestream4j.observe.LitestreamListener;

/**
 * Whose one replica is, as far as this run knows, and what may therefore be written
 * there: nothing before it was taken over, nothing of a generation that its lock file
 * does not name, and nothing at all once somebody else's object was in the way. What is
 * decided is {@link Takeover}'s and {@link Ownership}'s; here the store is asked.
 * <p>
 * Thread-safe. What asks the store waits for it, and for others who ask; what is shown
 * never waits.
 */
public final class ReplicaOwner {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaOwner.class);

	/** Takes a replica over, as often as it is asked to. */
	public interface Claiming {

		/**
		 * Tries to take the replica over, without waiting for an owner that is alive.
		 * @param written the generation that this run wrote when it was the owner; null
		 * before it was
		 * @return whose it is now; null if nobody can be kept out, as turns out now
		 * @throws IOException if that cannot be done now
		 */
		@Nullable Takeover claim(@Nullable Generation written) throws IOException;

		/** Asks the lock file. */
		Answer ask(Request request) throws IOException;

	}

	/** What is known. Immutable. */
	private sealed interface State {

		/** Nobody is kept out, and nobody is asked. */
		record Open() implements State {
		}

		/** It was not taken over yet. */
		record Unclaimed() implements State {
		}

		/** It is this run's, but nothing in it can be gone on with. */
		record Empty(Takeover.Empty taken) implements State {
		}

		/** It is this run's. */
		record Owned(Ownership.Held held) implements State {
		}

		/** It was this run's. */
		record Lost(FencedException cause, @Nullable Generation generation) implements State {
		}

		/** It was handed over. */
		record Released() implements State {
		}

	}

	private final String database;

	private final String replica;

	private final LitestreamListener listener;

	private final @Nullable Claiming claiming;

	/** The generation that the database goes on with: it is not a new one. */
	private volatile @Nullable Generation inherited;

	/** Held while the lock file is asked, as each answer is good for one next request. */
	private final ReentrantLock asking = new ReentrantLock();

	/**
	 * When the replica was last known to be this run's; null while it is only known that
	 * it was taken over, as a restore may have taken hours since.
	 */
	private volatile @Nullable Moment seen;

	private volatile State state;

	private volatile @Nullable String wantedBy;

	/** Whether it was said that somebody else has taken the replica over. */
	private final AtomicBoolean lossTold = new AtomicBoolean();

	private ReplicaOwner(String database, String replica, LitestreamListener listener, @Nullable Claiming claiming,
			State state) {
		this.database = database;
		this.replica = replica;
		this.listener = listener;
		this.claiming = claiming;
		this.state = state;
	}

	/** The owner of a replica from which nobody is kept out. */
	public static ReplicaOwner open(String database, String replica, LitestreamListener listener) {
		return new ReplicaOwner(database, replica, listener, null, new State.Open());
	}

	/**
	 * The owner of a replica that has one writer at a time.
	 * @param taken how far it was taken over already; null if it could not be reached
	 */
	public static ReplicaOwner of(String database, String replica, LitestreamListener listener, Claiming claiming,
			@Nullable Takeover taken) {
		return new ReplicaOwner(database, replica, listener, claiming,
				(taken != null) ? state(taken) : new State.Unclaimed());
	}

	private static State state(Takeover taken) {
		if (taken instanceof Takeover.Owned owned) {
			return new State.Owned(Ownership.of(owned));
		}
		if (taken instanceof Takeover.Empty empty) {
			return new State.Empty(empty);
		}
		throw new IllegalArgumentException("%s is not the end of a takeover".formatted(taken));
	}

	/**
	 * Says with what the database goes on, before anything is written.
	 * @param generation that of the meta directory; null if a new one begins
	 */
	public void inherits(@Nullable Generation generation) {
		this.inherited = generation;
	}

	/** Whether others are kept from writing. */
	public boolean isFencing() {
		return !(this.state instanceof State.Open);
	}

	/** Whether somebody else has taken it over. */
	public boolean isLost() {
		return this.state instanceof State.Lost;
	}

	/**
	 * Whether it has yet to be said that somebody else has taken the replica over; once
	 * for each time, whoever has found it out.
	 */
	boolean isLossNews() {
		return isLost() && this.lossTold.compareAndSet(false, true);
	}

	/**
	 * Makes sure that a generation may be written.
	 * @param generation what is about to be written
	 * @param look whether the replica holds nothing of it; asked if that matters
	 * @return who writes; null if nobody is kept out
	 * @throws FencedException if somebody else has taken the replica over
	 * @throws ReplicaDivergedException if another generation has to begin
	 * @throws IOException if the store cannot be asked, or the replica cannot be taken
	 * over now
	 */
	@Nullable Writer require(Generation generation, Look look) throws IOException {
		State now = this.state;
		if (now instanceof State.Open) {
			return null;
		}
		if (now instanceof State.Owned owned && generation.equals(owned.held().lock().current())) {
			return owned.held().writer();
		}
		this.asking.lock();
		try {
			return requireAsking(generation, look);
		}
		finally {
			this.asking.unlock();
		}
	}

	private @Nullable Writer requireAsking(Generation generation, Look look) throws IOException {
		if (this.state instanceof State.Unclaimed || this.state instanceof State.Lost) {
			claim(generation);
		}
		State now = this.state;
		if (now instanceof State.Open) {
			return null;
		}
		if (now instanceof State.Owned owned) {
			Ownership.Held held = owned.held();
			if (!generation.equals(held.lock().current())) {
				requireFresh(generation, held.lock(), look);
				held = begun(held.begin(generation));
			}
			return held.writer();
		}
		if (now instanceof State.Empty empty) {
			requireFresh(generation, empty.taken().lock(), look);
			return begun(Ownership.begin(empty.taken(), generation)).writer();
		}
		throw new IOException("the replica was handed over, as replication stops");
	}

	private void claim(Generation generation) throws IOException {
		Generation written = (this.state instanceof State.Lost lost) ? lost.generation() : null;
		Takeover taken = claiming().claim(written);
		this.state = (taken != null) ? state(taken) : new State.Open();
		this.lossTold.set(false);
		this.seen = Moment.now();
		announce(new WalPosition(generation, 0, 0));
	}

	/**
	 * Says that the replica is this run's, if it is.
	 * @param position where the database is
	 */
	public void announce(WalPosition position) {
		ReplicaLock lock = lock();
		if (lock != null) {
			this.listener.replicaTakenOver(this.database, this.replica, position, lock.epoch());
		}
	}

	/**
	 * The keys of a generation that begins are guarded by nothing but its name, which
	 * must be new to the replica: another process with a copy of the same meta directory
	 * may be writing there.
	 */
	private void requireFresh(Generation generation, ReplicaLock lock, Look look) throws IOException {
		boolean named = generation.equals(lock.current()) || generation.equals(lock.previous());
		if (generation.equals(this.inherited) && (named || !look.holdsNothing())) {
			throw new ReplicaDivergedException((lock.current() != null)
					? "it goes on in generation %s".formatted(lock.current()) : "nothing there can be restored");
		}
	}

	private Ownership.Held begun(Ownership.Naming naming) throws IOException {
		return held(naming.answered(claiming().ask(naming.request())));
	}

	/** Takes in what the lock file has answered. */
	private Ownership.Held held(Ownership next) throws FencedException {
		if (next instanceof Ownership.Held held) {
			this.state = new State.Owned(held);
			this.seen = Moment.now();
			return held;
		}
		throw lost(new FencedException("its lock file was changed by somebody else"));
	}

	private void empty(Takeover.Asking asking) throws IOException {
		if (!(asking.answered(claiming().ask(asking.request())) instanceof Takeover.Empty still)) {
			throw lost(new FencedException("its lock file was changed by somebody else"));
		}
		this.state = new State.Empty(still);
	}

	/**
	 * Makes sure that what was just stored counts. Fences are deleted in the end, as
	 * retention deletes all that is old, and free their keys again: a run that slept for
	 * so long is not refused any more, and must look whether the replica is still its.
	 * @param retention how long fences stay at least; zero for ever
	 * @throws FencedException if somebody else has taken the replica over
	 * @throws IOException if the store cannot be asked
	 */
	void requireStill(Duration retention) throws IOException {
		if (this.state instanceof State.Open || retention.isZero()) {
			return;
		}
		Moment last = this.seen;
		if (last != null && last.isWithin(retention.dividedBy(2))) {
			this.seen = Moment.now();
			return;
		}
		requireOwned();
	}

	/**
	 * Looks at the lock file, if this run believes to be the owner: what is found in the
	 * replica may be somebody else's.
	 * @throws FencedException if somebody else has taken the replica over
	 * @throws IOException if the store cannot be asked
	 */
	public void requireOwned() throws IOException {
		this.asking.lock();
		try {
			if (this.state instanceof State.Lost lost) {
				throw lost.cause();
			}
			if (this.state instanceof State.Owned owned) {
				Ownership.Looking looking = owned.held().look();
				held(looking.answered(claiming().ask(looking.request())));
			}
			if (this.state instanceof State.Empty empty) {
				empty(empty.taken().look());
			}
		}
		finally {
			this.asking.unlock();
		}
	}

	/** A moment by two clocks: a machine that sleeps may stop either of them. */
	private record Moment(Instant wall, long nanos) {

		static Moment now() {
			return new Moment(Instant.now(), System.nanoTime());
		}

		boolean isWithin(Duration time) {
			Duration passed = Duration.between(this.wall, Instant.now()).abs();
			return passed.compareTo(time) < 0 && System.nanoTime() - this.nanos < Durations.nanos(time);
		}

	}

	/**
	 * Whether what is stored of a generation counts: restores choose it. Not before its
	 * first snapshot is stored, and the lock file was looked at once more.
	 */
	boolean acknowledges(Generation generation) {
		State now = this.state;
		return now instanceof State.Open || (now instanceof State.Owned owned
				&& owned.held() instanceof Ownership.Writing && generation.equals(owned.held().lock().current()));
	}

	/**
	 * Looks at the lock file once more, as a generation has its first snapshot.
	 * @throws FencedException if somebody else has taken the replica over
	 * @throws IOException if the store cannot be asked
	 */
	void confirm(Generation generation) throws IOException {
		if (acknowledges(generation)) {
			return;
		}
		this.asking.lock();
		try {
			if (this.state instanceof State.Owned owned && owned.held() instanceof Ownership.Unconfirmed unconfirmed
					&& generation.equals(unconfirmed.lock().current())) {
				Ownership.Confirming confirming = unconfirmed.snapshotStored();
				held(confirming.answered(claiming().ask(confirming.request())));
			}
		}
		finally {
			this.asking.unlock();
		}
	}

	/**
	 * Notes that somebody else's object was in the way.
	 * @return the cause, with who that is, as far as the lock file tells
	 */
	FencedException lost(FencedException cause) {
		this.asking.lock();
		try {
			if (this.state instanceof State.Lost known) {
				return known.cause();
			}
			ReplicaLock mine = lock();
			FencedException named = cause.by(ownerNow());
			this.state = new State.Lost(named, (mine != null) ? mine.current() : null);
			return named;
		}
		finally {
			this.asking.unlock();
		}
	}

	private @Nullable String ownerNow() {
		try {
			Answer answer = claiming().ask(new Request.ReadLock());
			ReplicaLock found = (answer instanceof Answer.LockIs is) ? is.lock() : null;
			ReplicaLock mine = lock();
			if (found == null || (mine != null && found.runId().equals(mine.runId()))) {
				return null;
			}
			return found.owner();
		}
		catch (IOException ex) {
			logger.debug("Who owns replica '{}' of database '{}' cannot be told", this.replica, this.database, ex);
			return null;
		}
	}

	/**
	 * Says that this run is alive, as somebody asks; does nothing if the replica is not
	 * its.
	 * @param by who asks
	 * @param written up to where the replica is written; null if that is not known
	 * @throws FencedException if somebody else has taken the replica over
	 * @throws IOException if the store cannot be asked
	 */
	void renew(String by, @Nullable WalPosition written) throws IOException {
		this.asking.lock();
		try {
			if (this.state instanceof State.Owned owned) {
				Ownership.Renewing renewing = owned.held().renew(written);
				held(renewing.answered(claiming().ask(renewing.request())));
			}
			else if (this.state instanceof State.Empty empty) {
				empty(empty.taken().renew());
			}
			else {
				return;
			}
		}
		finally {
			this.asking.unlock();
		}
		if (!by.equals(this.wantedBy)) {
			this.wantedBy = by;
			logger.info("Database '{}': {} waits for replica '{}', which it gets when this application stops",
					this.database, by, this.replica);
			this.listener.replicaWanted(this.database, this.replica, by);
		}
	}

	/** Notes that nobody waits any more. */
	void unwanted() {
		this.wantedBy = null;
	}

	/**
	 * Hands the replica over, so that whoever comes next need not wait. Never throws.
	 * @param written up to where the replica is written; null if that is not known
	 */
	public void release(@Nullable WalPosition written) {
		this.asking.lock();
		try {
			State now = this.state;
			if (now instanceof State.Open) {
				return;
			}
			this.state = new State.Released();
			if (now instanceof State.Owned owned) {
				Ownership.HandingOver handing = owned.held().handOver(written);
				claiming().ask(handing.request());
			}
			if (now instanceof State.Empty empty) {
				claiming().ask(Ownership.handOver(empty.taken()).request());
			}
		}
		catch (IOException | RuntimeException ex) {
			logger.info("Database '{}': replica '{}' could not be handed over: {}. The next start elsewhere waits until"
					+ " its lease has passed", this.database, this.replica, ex.getMessage());
		}
		finally {
			this.asking.unlock();
		}
	}

	/**
	 * Who owns it, as far as is known; null while unknown, or where nobody is kept out.
	 */
	public @Nullable String ownerName() {
		if (this.state instanceof State.Lost lost) {
			return lost.cause().owner();
		}
		ReplicaLock known = lock();
		return (known != null) ? known.owner() : null;
	}

	/** Which owner of the replica this run is, counted from 1; 0 while it is none. */
	public long epoch() {
		ReplicaLock known = lock();
		return (known != null) ? known.epoch() : 0;
	}

	/** Who waits for it; null if nobody is known to. */
	public @Nullable String wantedBy() {
		return this.wantedBy;
	}

	private @Nullable ReplicaLock lock() {
		State now = this.state;
		if (now instanceof State.Owned owned) {
			return owned.held().lock();
		}
		return (now instanceof State.Empty empty) ? empty.taken().lock() : null;
	}

	/** For messages. */
	@Override
	public String toString() {
		return "replica '%s' of database '%s'".formatted(this.replica, this.database);
	}

	private Claiming claiming() {
		Claiming known = this.claiming;
		if (known == null) {
			throw new IllegalStateException("nobody is kept from this replica");
		}
		return known;
	}

	/** Looks at the replica. */
	@FunctionalInterface
	interface Look {

		/** Whether nothing of a generation is there. */
		boolean holdsNothing() throws IOException;

	}

}

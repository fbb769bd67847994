package org.litestream4j.replication;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Durations;
import org.litestream4j.format.WalPosition;
import org.litestream4j.live.ShadowWal;

/**
 * Commits that wait until replicas hold them. All that arrive while a segment is under
 * way are one group: the live WAL is copied once for them, by whichever replica's thread
 * is the next to ship, and one segment carries them all. So whoever waits takes a lock
 * for a moment and sleeps once, however many there are, and whether one replica or all
 * are waited for. Nothing is asked of replicas one after the other: each says when it has
 * got further. Thread-safe. Its lock may be held while that of a replica's progress is
 * taken, never the other way round.
 */
public final class CommitWaits {

	/** Below it a segment is stored before others could have come. */
	private static final long LEAST_WORTH_GATHERING_NANOS = Duration.ofMillis(5).toNanos();

	private final ReplicationLoop loop;

	private final ShadowWal shadow;

	private final List<Replicator> replicators;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition enough = this.lock.newCondition();

	/** How many the newest group was that was taken. */
	private int usual;

	/** Those who have come since the WAL was copied for others. */
	private Group gathering;

	/** Groups that were taken to be copied, until everyone in them has left. */
	private final List<Group> taken = new ArrayList<>();

	/**
	 * What a wait for so many replicas less one has waited for in vain, until it is
	 * there; null if nothing is missing.
	 */
	private final @Nullable WalPosition[] overdue;

	/** How many of those are not null. Changed under the lock. */
	private final AtomicInteger overdueCount = new AtomicInteger();

	/** How many wait. Changed under the lock. */
	private final AtomicInteger waiting = new AtomicInteger();

	/**
	 * Creates it, and has the replicators work for it.
	 * @param loop copies the live WAL
	 * @param shadow what it is copied to
	 * @param replicators all of the database
	 */
	public CommitWaits(ReplicationLoop loop, ShadowWal shadow, List<Replicator> replicators) {
		this.loop = loop;
		this.shadow = shadow;
		this.replicators = List.copyOf(replicators);
		this.overdue = new @Nullable WalPosition[this.replicators.size()];
		this.gathering = new Group(this.replicators.size());
		this.replicators.forEach((replicator) -> replicator.awaitedBy(this));
	}

	/** How a wait ended. */
	public enum Ending {

		/** The replicas hold what was committed. */
		REPLICATED,
		/** They did not in time. */
		LATE,
		/** They cannot, so nobody waited for it. */
		IMPOSSIBLE

	}

	/**
	 * How a wait ended, and why.
	 *
	 * @param ending how
	 * @param detail the reasons, if it was in vain; else empty
	 */
	public record Result(Ending ending, String detail) {

		private static final Result REPLICATED = new Result(Ending.REPLICATED, "");

	}

	/**
	 * Those who wait for one copy of the live WAL. Guarded by the lock, but for what is
	 * waited on.
	 */
	private static final class Group {

		/** Opened when so many replicas less one hold it, or when they never will. */
		private final CountDownLatch[] gates;

		private final boolean[] holders;

		private int held;

		private int members;

		/** Everything that is waited for is before it; null until it was copied. */
		@Nullable private WalPosition position;

		/** Why no more replicas than those that do will hold it. */
		@Nullable private String failure;

		Group(int replicas) {
			this.gates = new CountDownLatch[replicas];
			for (int i = 0; i < replicas; i++) {
				this.gates[i] = new CountDownLatch(1);
			}
			this.holders = new boolean[replicas];
		}

		void hold(int replica) {
			this.holders[replica] = true;
			this.gates[this.held++].countDown();
		}

		boolean isAllInVain() {
			return this.failure != null && this.held == 0 && this.gates[0].getCount() == 0;
		}

		void fail(int most, String reason) {
			this.failure = reason;
			for (int i = most; i < this.gates.length; i++) {
				this.gates[i].countDown();
			}
		}

	}

	/**
	 * Waits until so many replicas hold everything that was committed before the call.
	 * Their sync interval is not waited for.
	 * @param wanted how many of them
	 * @param timeout how long to wait
	 */
	public Result await(int wanted, Duration timeout) throws InterruptedException {
		Group group;
		boolean first;
		this.lock.lock();
		try {
			String reason = whyFewerThan(wanted, null);
			if (reason != null) {
				return new Result(Ending.IMPOSSIBLE, reason);
			}
			group = this.gathering;
			first = group.members++ == 0;
			if (group.members == this.usual) {
				this.enough.signalAll();
			}
			this.waiting.incrementAndGet();
		}
		finally {
			this.lock.unlock();
		}
		Result result;
		boolean interrupted = true;
		try {
			if (first) {
				// The others of the group come with it
				this.replicators.forEach(Replicator::hurry);
			}
			group.gates[wanted - 1].await(Durations.nanos(timeout), TimeUnit.NANOSECONDS);
			interrupted = false;
		}
		finally {
			result = leave(group, wanted, interrupted);
		}
		return result;
	}

	private Result leave(Group group, int wanted, boolean interrupted) {
		this.lock.lock();
		try {
			this.waiting.decrementAndGet();
			if (--group.members == 0) {
				this.taken.remove(group);
			}
			if (group.held >= wanted) {
				return Result.REPLICATED;
			}
			String failure = group.failure;
			if (failure != null && group.gates[wanted - 1].getCount() == 0) {
				return new Result(Ending.IMPOSSIBLE, failure);
			}
			if (!interrupted) {
				noteOverdue(group, wanted);
			}
			return new Result(Ending.LATE, lateDetail(group));
		}
		finally {
			this.lock.unlock();
		}
	}

	private void noteOverdue(Group group, int wanted) {
		if (this.overdue[wanted - 1] == null) {
			this.overdueCount.incrementAndGet();
		}
		WalPosition missing = group.position;
		this.overdue[wanted - 1] = (missing != null) ? missing : this.shadow.requirePosition();
	}

	private String lateDetail(Group group) {
		StringJoiner reasons = new StringJoiner("; ");
		for (int i = 0; i < this.replicators.size(); i++) {
			if (!group.holders[i]) {
				Replicator replicator = this.replicators.get(i);
				String error = replicator.lastError();
				reasons.add("replica '%s' %s".formatted(replicator.options().name(),
						(error != null) ? "is failing: " + error : "has not answered"));
			}
		}
		return reasons.toString();
	}

	/**
	 * Why a group cannot come to be in so many replicas; null if it can.
	 * @param group which; null for one that is only to be copied
	 */
	@Nullable private String whyFewerThan(int wanted, @Nullable Group group) {
		int possible = 0;
		StringJoiner reasons = new StringJoiner("; ");
		for (int i = 0; i < this.replicators.size(); i++) {
			Replicator replicator = this.replicators.get(i);
			String reason = (group != null && group.holders[i]) ? null : replicator.whyNothingArrives();
			if (reason == null) {
				possible++;
			}
			else {
				reasons.add("replica '%s': %s".formatted(replicator.options().name(), reason));
			}
		}
		return (possible < wanted) ? reasons.toString() : null;
	}

	/** Whether anybody waits: who ships is to try again soon then. */
	boolean isAnybodyWaiting() {
		return this.waiting.get() > 0;
	}

	/**
	 * Whether a wait for so many replicas was in vain, and what it waited for is not in
	 * as many of them yet. Costs next to nothing.
	 */
	public boolean isOverdue(int wanted) {
		if (this.overdueCount.get() == 0) {
			return false;
		}
		this.lock.lock();
		try {
			return this.overdue[wanted - 1] != null;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Copies the live WAL for those who have gathered, so that what is shipped next has
	 * their commits. Costs next to nothing if there are none.
	 * @param shipper who is about to ship
	 * @param lasts how long that took the last time, in nanoseconds
	 * @return whether anybody waits for what is shipped next
	 */
	boolean copyFor(Replicator shipper, long lasts) {
		Group group = (this.waiting.get() > 0) ? takeGathered(lasts) : null;
		if (group == null) {
			return false;
		}
		WalPosition position = null;
		String failure = "the WAL cannot be copied";
		try {
			position = this.loop.copyAll();
		}
		catch (IOException | RuntimeException ex) {
			failure = ReplicaHealth.describe(ex);
		}
		finally {
			copied(group, position, failure);
		}
		for (Replicator other : this.replicators) {
			if (other != shipper) {
				other.hurry();
			}
		}
		return true;
	}

	@Nullable private Group takeGathered(long lasts) {
		this.lock.lock();
		try {
			if (this.gathering.members > 0 && lasts >= LEAST_WORTH_GATHERING_NANOS) {
				gather(lasts);
			}
			Group group = this.gathering;
			if (group.members == 0) {
				return null;
			}
			this.usual = group.members;
			this.gathering = new Group(this.replicators.size());
			this.taken.add(group);
			return group;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Those who were let go together come back together: the first of them had better not
	 * leave without the others, who would wait for its segment and for their own. So as
	 * long as they come thick and fast they are waited for, which costs who comes alone a
	 * sixty-fourth of the time of a segment, and never more than a quarter.
	 */
	@SuppressWarnings("WaitNotInLoop")
	private void gather(long lasts) {
		long deadline = System.nanoTime() + lasts / 4;
		int before = 0;
		try {
			while (this.gathering.members > before && this.gathering.members < this.usual
					&& System.nanoTime() - deadline < 0) {
				before = this.gathering.members;
				this.enough.awaitNanos(lasts / 64);
			}
		}
		catch (InterruptedException ex) {
			// whoever that was: what has gathered is shipped
		}
	}

	private void copied(Group group, @Nullable WalPosition position, String failure) {
		this.lock.lock();
		try {
			group.position = position;
			if (position != null) {
				look(group);
			}
			else {
				group.fail(0, failure);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Says that a replica has got further, has failed, or was stopped. Quick. */
	void look() {
		if (this.waiting.get() == 0 && this.overdueCount.get() == 0) {
			return;
		}
		this.lock.lock();
		try {
			this.taken.forEach(this::look);
			if (this.gathering.members > 0) {
				look(this.gathering);
				if (this.gathering.isAllInVain()) {
					this.gathering = new Group(this.replicators.size());
				}
			}
			for (int i = 0; i < this.overdue.length; i++) {
				WalPosition missing = this.overdue[i];
				if (missing != null && this.replicators.stream().filter((each) -> each.holds(missing)).count() > i) {
					this.overdue[i] = null;
					this.overdueCount.decrementAndGet();
				}
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void look(Group group) {
		WalPosition position = group.position;
		for (int i = 0; position != null && i < group.holders.length; i++) {
			if (!group.holders[i] && this.replicators.get(i).holds(position)) {
				group.hold(i);
			}
		}
		for (int wanted = group.held + 1; wanted <= group.gates.length; wanted++) {
			String reason = whyFewerThan(wanted, group);
			if (reason != null) {
				group.fail(wanted - 1, reason);
				return;
			}
		}
	}

}

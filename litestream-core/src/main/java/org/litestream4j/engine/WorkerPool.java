package org.litestream4j.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.replication.RepeatedWork;

/**
 * A few threads that share tasks of one kind. One that has nothing to do leads: it waits
 * for the next time that a task is due, and is the one that a signal wakes. Whoever takes
 * a task while nobody leads calls another, so that signals are always heard, unless all
 * are at work. Threads are started when there is work for them, and end when there is
 * none for a while; the last one when there are no tasks any more. Thread-safe.
 */
final class WorkerPool {

	private static final Logger logger = LoggerFactory.getLogger(WorkerPool.class);

	private static final long KEEP_ALIVE_NANOS = Duration.ofSeconds(10).toNanos();

	/** How often tasks are looked at again that may not run yet. */
	private static final long LOOK_AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

	/** After an error that a task should have kept to itself. */
	private static final long ERROR_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

	/** Those who wait long can be woken together: a wake-up costs more than a look. */
	private static final long GRID_NANOS = Duration.ofMillis(50).toNanos();

	/** Threads that are waited for no longer beside those that there may be. */
	private static final int MOST_LEFT_BEHIND = 8;

	private final String name;

	private final int most;

	private final boolean sharedByLanes;

	private final AtomicReference<@Nullable ScheduledTask> woken = new AtomicReference<>();

	@Nullable private volatile Worker leader;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition ended = this.lock.newCondition();

	private final TimerHeap timers = new TimerHeap();

	private final Map<Object, Lane> lanes = new HashMap<>();

	/** Lanes with something to do, in turn. */
	private final ArrayDeque<Lane> ready = new ArrayDeque<>();

	private final ArrayDeque<Worker> idle = new ArrayDeque<>();

	private int tasks;

	private int workers;

	/** Workers that were called, or started, and have not looked around yet. */
	private int coming;

	private int busy;

	private int leftBehind;

	private long threads;

	/**
	 * Creates it.
	 * @param name of its threads
	 * @param most threads
	 * @param sharedByLanes whether a lane may have a part of them only
	 */
	WorkerPool(String name, int most, boolean sharedByLanes) {
		this.name = name;
		this.most = most;
		this.sharedByLanes = sharedByLanes;
	}

	/**
	 * Adds a task, which is looked at at once.
	 * @param lane which store it waits for
	 * @param threadName the name of its thread while it runs; null to leave that
	 * @param turn of which it must wait for others; null if it need not
	 */
	ScheduledTask add(RepeatedWork work, Object lane, @Nullable String threadName, @Nullable Turn turn) {
		this.lock.lock();
		try {
			Lane shared = this.lanes.computeIfAbsent(lane, Lane::new);
			ScheduledTask task = new ScheduledTask(this, work, threadName, shared, turn);
			shared.tasks++;
			this.tasks++;
			work.wakenBy(task::wake);
			enqueue(task);
			callOrWake();
			return task;
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Takes no lock, as threads that commit come here. */
	void push(ScheduledTask task) {
		ScheduledTask head;
		do {
			head = this.woken.get();
			task.nextWoken = head;
		}
		while (!this.woken.compareAndSet(head, task));
		Worker listening = this.leader;
		if (listening != null) {
			LockSupport.unpark(listening.thread);
		}
	}

	void stop(ScheduledTask task) {
		this.lock.lock();
		try {
			if (task.stopped) {
				return;
			}
			task.stopped = true;
			task.deafen();
			this.timers.remove(task);
			if (task.queued) {
				task.queued = false;
				task.lane.remove(task);
			}
			if (!task.running) {
				removed(task);
			}
			if (--this.tasks == 0) {
				releaseAll();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void removed(ScheduledTask task) {
		if (--task.lane.tasks == 0) {
			this.lanes.remove(task.lane.key);
		}
	}

	private void releaseAll() {
		wakeLeader();
		while (!this.idle.isEmpty()) {
			call(this.idle.pop());
		}
	}

	boolean awaitEnd(ScheduledTask task, long deadline) throws InterruptedException {
		this.lock.lock();
		try {
			while (task.running && !task.isMine()) {
				long left = deadline - System.nanoTime();
				if (left <= 0) {
					leaveBehind(task);
					return false;
				}
				this.ended.awaitNanos(left);
			}
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	void awaitEnd(ScheduledTask task) throws InterruptedException {
		this.lock.lock();
		try {
			while (task.running && !task.isMine()) {
				this.ended.await();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/** What never returns must not take the place of what is started next. */
	private void leaveBehind(ScheduledTask task) {
		if (!task.leftBehind && this.leftBehind < MOST_LEFT_BEHIND) {
			task.leftBehind = true;
			this.leftBehind++;
			discount(task);
			this.workers--;
			callOrWake();
		}
	}

	private void discount(ScheduledTask task) {
		this.busy--;
		task.lane.ended(task, System.nanoTime());
	}

	private void enqueue(ScheduledTask task) {
		task.queued = true;
		task.lane.add(task);
		list(task.lane);
	}

	private void list(Lane lane) {
		if (!lane.listed) {
			lane.listed = true;
			this.ready.add(lane);
		}
	}

	/** Looks at what was woken, and at those whose time has come. */
	private void collect(long now) {
		for (ScheduledTask task = this.woken.getAndSet(null); task != null;) {
			ScheduledTask next = task.nextWoken;
			task.nextWoken = null;
			if (!task.stopped) {
				task.heard();
				if (task.running) {
					task.again = true;
				}
				else if (!task.queued) {
					this.timers.remove(task);
					enqueue(task);
				}
			}
			task = next;
		}
		ScheduledTask first = this.timers.first();
		while (first != null && first.due - now <= 0) {
			this.timers.remove(first);
			enqueue(first);
			first = this.timers.first();
		}
	}

	/** The next task in turn that may run; null if there is none. */
	@Nullable private ScheduledTask pick(long now) {
		if (this.busy >= this.most) {
			return null;
		}
		for (int left = this.ready.size(); left > 0; left--) {
			Lane lane = this.ready.remove();
			lane.listed = false;
			ScheduledTask task = lane.next(this.sharedByLanes ? this.most : Integer.MAX_VALUE, this.busy, now);
			if (lane.hasReady()) {
				list(lane);
			}
			if (task != null) {
				return task;
			}
		}
		return null;
	}

	private void begin(ScheduledTask task, long now) {
		task.queued = false;
		task.running = true;
		this.busy++;
		task.lane.started(task, now);
	}

	/**
	 * Notes that a task has run.
	 * @return false if its thread was given up meanwhile
	 */
	private boolean finish(ScheduledTask task, long wait) {
		task.running = false;
		boolean counted = !task.leftBehind;
		if (counted) {
			discount(task);
		}
		else {
			this.leftBehind--;
		}
		if (task.stopped) {
			removed(task);
			this.ended.signalAll();
		}
		else if (task.again || wait <= 0) {
			task.again = false;
			enqueue(task);
		}
		else if (wait != RepeatedWork.WHEN_WOKEN) {
			this.timers.put(task, due(wait));
		}
		return counted;
	}

	private static long due(long wait) {
		long due = System.nanoTime() + Math.min(wait, Long.MAX_VALUE / 2);
		return (wait < 4 * GRID_NANOS) ? due : due + Math.floorMod(-due, GRID_NANOS);
	}

	/** Sees to it that somebody hears signals. */
	private void callOrWake() {
		if (this.leader != null) {
			wakeLeader();
		}
		else {
			callIfNobodyLeads();
		}
	}

	/** Before this thread is busy: what else there is to do must not wait for it. */
	private void leaveInCharge(long now) {
		Worker leading = this.leader;
		if (leading == null) {
			callIfNobodyLeads();
		}
		else if (!this.ready.isEmpty() || nextLook(now) - leading.until < 0) {
			LockSupport.unpark(leading.thread);
		}
	}

	private void wakeLeader() {
		Worker listening = this.leader;
		if (listening != null) {
			LockSupport.unpark(listening.thread);
		}
	}

	private void callIfNobodyLeads() {
		if (this.leader != null || this.coming > 0 || this.tasks == 0) {
			return;
		}
		Worker next = this.idle.poll();
		if (next != null) {
			call(next);
		}
		else if (this.workers < this.most) {
			start(new Worker());
		}
	}

	private void start(Worker worker) {
		try {
			worker.thread.start();
			this.workers++;
			this.coming++;
		}
		catch (OutOfMemoryError ex) {
			if (this.workers == 0) {
				throw ex;
			}
			// The system gives no more threads: those that there are do the work
			logger.warn("No further thread could be started: {}", ex.getMessage());
		}
	}

	private void call(Worker worker) {
		worker.called = true;
		this.coming++;
		LockSupport.unpark(worker.thread);
	}

	/** One of the threads. */
	private final class Worker implements Runnable {

		private final Thread thread;

		/** Called from among the idle, or just started. */
		private volatile boolean called = true;

		private final String ownName;

		/** Until when it waits, by {@link System#nanoTime()}; guarded by the lock. */
		private long until;

		Worker() {
			this.ownName = "litestream-%s-%d".formatted(WorkerPool.this.name, ++WorkerPool.this.threads);
			this.thread = new Thread(this, this.ownName);
			this.thread.setDaemon(true);
			this.thread.setContextClassLoader(WorkerPool.class.getClassLoader());
		}

		@Override
		public void run() {
			ScheduledTask task = first();
			while (task != null) {
				task = next(task, look(task));
			}
		}

		/** Runs a task if it is due, and answers when it is due next. */
		private long look(ScheduledTask task) {
			task.begin();
			try {
				long wait = task.work.dueIn();
				if (wait > 0) {
					return wait;
				}
				name(task.threadName);
				task.work.work();
				return task.work.dueIn();
			}
			catch (InterruptedException ex) {
				// Whoever that was: only stop() ends a task
				return 0;
			}
			catch (RuntimeException | Error ex) {
				logger.error("Replication: an error that was not expected; the work goes on", ex);
				return ERROR_PAUSE_NANOS;
			}
			finally {
				name(this.ownName);
				task.end();
			}
		}

		private void name(@Nullable String threadName) {
			if (threadName != null && !threadName.equals(this.thread.getName())) {
				this.thread.setName(threadName);
			}
		}

		@Nullable private ScheduledTask first() {
			WorkerPool.this.lock.lock();
			try {
				arrived();
				return take();
			}
			finally {
				WorkerPool.this.lock.unlock();
			}
		}

		@Nullable private ScheduledTask next(ScheduledTask done, long wait) {
			WorkerPool.this.lock.lock();
			try {
				return finish(done, wait) ? take() : null;
			}
			finally {
				WorkerPool.this.lock.unlock();
			}
		}

		private void arrived() {
			this.called = false;
			WorkerPool.this.coming--;
		}

		/** Waits for a task; null when this thread is to end. */
		@Nullable private ScheduledTask take() {
			long idleSince = System.nanoTime();
			while (WorkerPool.this.tasks > 0) {
				long now = System.nanoTime();
				collect(now);
				ScheduledTask task = pick(now);
				if (task != null) {
					begin(task, now);
					leaveInCharge(now);
					return task;
				}
				if (!await(now) && System.nanoTime() - idleSince >= KEEP_ALIVE_NANOS) {
					break;
				}
			}
			WorkerPool.this.workers--;
			return null;
		}

		/**
		 * Waits for something to do, as the leader if nobody leads, or if the one who
		 * does waits for a later time: it rests then, and need not be woken for that.
		 * @return whether this thread led, or was called
		 */
		private boolean await(long now) {
			long until = nextLook(now);
			Worker leading = WorkerPool.this.leader;
			boolean leads = leading == null || until - leading.until < 0;
			this.until = leads ? until : now + KEEP_ALIVE_NANOS;
			if (!leads) {
				WorkerPool.this.idle.push(this);
			}
			else {
				WorkerPool.this.leader = this;
				if (leading != null) {
					WorkerPool.this.idle.push(leading);
				}
			}
			WorkerPool.this.lock.unlock();
			try {
				// Whoever was woken before this thread led could not say so to it
				if (!this.called && (!leads || WorkerPool.this.woken.get() == null)) {
					LockSupport.parkNanos(WorkerPool.this, this.until - System.nanoTime());
				}
				// Left set, parking would not wait
				Thread.interrupted();
			}
			finally {
				WorkerPool.this.lock.lock();
			}
			return left();
		}

		private boolean left() {
			if (WorkerPool.this.leader == this) {
				WorkerPool.this.leader = null;
				return true;
			}
			if (this.called) {
				arrived();
				return true;
			}
			WorkerPool.this.idle.remove(this);
			return false;
		}

	}

	/** When somebody has to look around at the latest. */
	private long nextLook(long now) {
		long until = now + (this.ready.isEmpty() ? KEEP_ALIVE_NANOS : LOOK_AGAIN_NANOS);
		ScheduledTask first = this.timers.first();
		return (first != null && first.due - until < 0) ? first.due : until;
	}

}

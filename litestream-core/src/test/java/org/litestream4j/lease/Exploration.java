package org.litestream4j.lease;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;

/**
 * Tries every interleaving of several runs that take one replica over, write to it and
 * begin generations, each believing that it is the only one: requests take effect late,
 * also after their sender has given up or died; answers are late or lost. In every state
 * a restore must give one history that holds every commit that was acknowledged. What a
 * run may do in a format, and what a store makes of it, is for who extends this.
 * <p>
 * States that differ only in the order in which requests were sent are one, and a request
 * that nobody waits for is left out once it can change nothing any more.
 *
 * @param <M> what the store holds
 * @param <A> a run
 */
abstract class Exploration<M extends LockedModel<M>, A extends Exploration.Actor<A>> {

	/** What was found. */
	record Result(long states, @Nullable String violation) {
	}

	/** What a listing showed, and would be restored from: both at one moment. */
	record Listing<M extends LockedModel<M>>(M model) {

		@Override
		public String toString() {
			return this.model.toString();
		}

	}

	/** What a request makes of the store, and what it is answered. */
	record Effect<M extends LockedModel<M>>(M model, Object answer) {
	}

	/** One run of the engine and what it knows. */
	abstract static class Actor<A extends Actor<A>> extends Fingerprint.Of {

		final int id;

		int startsLeft;

		int commitsLeft;

		int generationsLeft;

		/** A {@link Takeover}, an {@link Ownership}, or null: it does nothing. */
		@Nullable Object phase;

		/** The commits in its database. */
		List<Integer> chain = List.of();

		/** How many of them are in the replica. */
		int shipped;

		/** Whether a request of it is under way. */
		boolean waiting;

		private int made;

		Actor(int id, int starts, int commits, int generations) {
			this.id = id;
			this.startsLeft = starts;
			this.commitsLeft = commits;
			this.generationsLeft = generations;
		}

		Actor(Actor<A> other) {
			this.id = other.id;
			this.startsLeft = other.startsLeft;
			this.commitsLeft = other.commitsLeft;
			this.generationsLeft = other.generationsLeft;
			this.made = other.made;
			this.phase = other.phase;
			this.chain = other.chain;
			this.shipped = other.shipped;
			this.waiting = other.waiting;
		}

		abstract A copy();

		/** Forgets what a run of this format knows of the replica. */
		abstract void forget();

		final A with(Consumer<A> change) {
			A changed = copy();
			change.accept(changed);
			return changed;
		}

		final A phase(@Nullable Object then) {
			return with((it) -> {
				it.phase = then;
				it.waiting = false;
			});
		}

		final A waits() {
			return with((it) -> it.waiting = true);
		}

		final A starts() {
			return phase(Takeover.begin(new Run("%08x%08x".formatted(this.id, this.startsLeft), ""))).with((it) -> {
				it.startsLeft--;
				it.chain = List.of();
				it.shipped = 0;
				it.forget();
			});
		}

		final A commits() {
			List<Integer> more = new ArrayList<>(this.chain);
			more.add((this.id - 1) * 8 + this.made);
			return with((it) -> {
				it.chain = List.copyOf(more);
				((Actor<?>) it).made++;
				it.commitsLeft--;
			});
		}

		@Override
		void describe(Fingerprint to) {
			to.add(this.id).add(this.startsLeft).add(this.commitsLeft).add(this.generationsLeft).add(this.made);
			to.add(this.chain).add(this.shipped).add(this.waiting ? 1 : 0);
		}

		@Override
		public String toString() {
			return "%d: %s with %s, %d shipped".formatted(this.id, this.phase, this.chain, this.shipped);
		}

	}

	/** A request under way. */
	final class Message extends Fingerprint.Of {

		final int sender;

		final Object request;

		/** Whether its sender still waits for this very one. */
		final boolean current;

		/** Null until it has taken effect. */
		final @Nullable Object answer;

		Message(int sender, Object request, boolean current, @Nullable Object answer) {
			this.sender = sender;
			this.request = request;
			this.current = current;
			this.answer = answer;
		}

		@Override
		void describe(Fingerprint to) {
			// One that nobody waits for does the same, whoever has sent it
			to.add(this.current ? this.sender : 0);
			Exploration.this.describe(this, to);
		}

		@Override
		public String toString() {
			return "%d%s: %s -> %s".formatted(this.sender, this.current ? "" : " before", this.request, this.answer);
		}

	}

	/** All of it. */
	final class State {

		final M model;

		final List<A> actors;

		final List<Message> net;

		/** A bit for each commit. */
		final long acknowledged;

		State(M model, List<A> actors, List<Message> net, long acknowledged) {
			this.model = model;
			this.actors = actors;
			this.net = net;
			this.acknowledged = acknowledged;
		}

		Fingerprint fingerprint() {
			Fingerprint made = new Fingerprint().add(this.model.fingerprint()).add(this.acknowledged);
			this.actors.forEach((actor) -> made.add(actor.fingerprint()));
			return made.addUnordered(this.net);
		}

		State with(A actor) {
			List<A> changed = new ArrayList<>(this.actors);
			changed.set(actor.id - 1, actor);
			return new State(this.model, changed, this.net, this.acknowledged);
		}

		State with(List<Message> messages) {
			return new State(this.model, this.actors, messages, this.acknowledged);
		}

		State plus(Message message) {
			List<Message> more = new ArrayList<>(this.net);
			more.add(message);
			return with(more);
		}

		@Override
		public String toString() {
			return "%s; %s; under way %s; acknowledged %s".formatted(this.model, this.actors, this.net,
					Long.toBinaryString(this.acknowledged));
		}

	}

	static final Generation FIRST = generation(1);

	private final Fingerprint.Seen seen = new Fingerprint.Seen();

	private final Deque<State> open = new ArrayDeque<>();

	/**
	 * Tries everything, or until something is wrong.
	 * @param fresh what the store holds at first
	 * @param actors the runs, by id from 1 on
	 */
	final Result run(M fresh, List<A> actors) {
		visit(new State(fresh, actors, List.of(), 0));
		while (!this.open.isEmpty()) {
			State state = this.open.removeLast(); // few are open at once
			String violation = violation(state);
			if (violation != null) {
				return new Result(this.seen.size(), violation);
			}
			expand(state, this::visit);
		}
		return new Result(this.seen.size(), null);
	}

	private void visit(State state) {
		State without = withoutLost(state);
		if (this.seen.add(without.fingerprint())) {
			this.open.addLast(without);
		}
	}

	/** What nobody waits for, and what can change nothing any more, is left out. */
	private State withoutLost(State state) {
		if (state.net.stream().noneMatch((message) -> isLost(state.model, message))) {
			return state;
		}
		return state.with(state.net.stream().filter((message) -> !isLost(state.model, message)).toList());
	}

	private boolean isLost(M model, Message message) {
		if (message.current) {
			return false;
		}
		return (message.request instanceof Request.WriteLock write) ? !model.couldWrite(write)
				: isVain(model, message.request);
	}

	private @Nullable String violation(State state) {
		try {
			List<Integer> restored = restored(state.model);
			if (restored == null) {
				return "nothing can be restored: " + state;
			}
			return ((state.acknowledged & ~bits(restored)) == 0) ? null : "%s were acknowledged, %s is restored: %s"
				.formatted(Long.toBinaryString(state.acknowledged), restored, state);
		}
		catch (IllegalStateException ex) {
			return ex.getMessage() + ": " + state;
		}
	}

	private static long bits(List<Integer> commits) {
		long bits = 0;
		for (int commit : commits) {
			bits |= 1L << commit;
		}
		return bits;
	}

	private void expand(State state, Consumer<State> next) {
		for (int i = 0; i < state.net.size(); i++) {
			next.accept((state.net.get(i).answer == null) ? takeEffect(state, i) : deliver(state, i));
		}
		for (A actor : state.actors) {
			if (actor.startsLeft > 0) {
				next.accept(forget(state, actor).with(actor.starts()));
			}
			if (actor.phase == null) {
				continue;
			}
			if (actor.waiting) {
				tireOfWaiting(state, actor, next);
			}
			else {
				act(state, actor, next);
			}
			if (mayCommit(actor)) {
				next.accept(state.with(actor.commits()));
			}
		}
	}

	/** Whether the application may commit now, as far as the check is to try that. */
	boolean mayCommit(A actor) {
		return actor.commitsLeft > 0 && actor.phase instanceof Ownership.Held;
	}

	final State takeEffect(State state, int i) {
		Message message = state.net.get(i);
		Effect<M> effect = effect(state.model, message.request);
		List<Message> net = new ArrayList<>(state.net);
		if (message.current) {
			net.set(i, new Message(message.sender, message.request, true, effect.answer()));
		}
		else {
			net.remove(i);
		}
		return new State(effect.model(), state.actors, net, state.acknowledged);
	}

	private Effect<M> effect(M model, Object request) {
		if (request instanceof Request.ReadLock) {
			return new Effect<>(model, new Answer.LockIs(model.lock(), model.tag()));
		}
		if (request instanceof Request.ListLogs) {
			return new Effect<>(model, new Listing<>(model));
		}
		if (request instanceof Request.WriteLock write) {
			boolean asSeen = model.couldWrite(write);
			M then = asSeen ? model.lock(write.lock()) : model;
			return new Effect<>(then,
					answer(asSeen || write.lock().equals(then.lock()), Objects.requireNonNullElse(then.tag(), "")));
		}
		return effectInFormat(model, request);
	}

	static Answer answer(boolean stored, String tag) {
		return stored ? new Answer.Stored(tag) : new Answer.Refused();
	}

	private State deliver(State state, int i) {
		Message message = state.net.get(i);
		List<Message> net = new ArrayList<>(state.net);
		net.remove(i);
		return deliver(state.with(net), state.actors.get(message.sender - 1), message.request,
				Objects.requireNonNull(message.answer));
	}

	/** The sender waits for nothing any more, but what is under way may take effect. */
	final State forget(State state, A actor) {
		List<Message> net = new ArrayList<>();
		for (Message each : state.net) {
			if (each.sender != actor.id || !each.current) {
				net.add(each);
			}
			else if (each.answer == null && changes(each.request)) {
				net.add(new Message(each.sender, each.request, false, null));
			}
		}
		return state.with(net);
	}

	/** What one is told that claims the lock only where others look again. */
	final @Nullable Answer unclaimed(M model, Takeover.Asking asking) {
		if (asking instanceof Takeover.ClaimingLock) {
			return new Answer.Stored(Objects.requireNonNullElse(model.tag(), "none"));
		}
		return (asking instanceof Takeover.Naming naming) ? new Answer.Stored(naming.tag()) : null;
	}

	/** There it does claim it. */
	static Request claimLate(Takeover.LookingAgain looking) {
		return new Request.WriteLock(looking.tag().equals("none") ? null : looking.tag(), looking.lock());
	}

	/** The answer to a claim is what that one would have seen. */
	static Answer toldOfClaim(Takeover.Asking asking, Object answer) {
		if (asking instanceof Takeover.LookingAgain looking && answer instanceof Answer.Stored stored) {
			return new Answer.LockIs(looking.lock(), stored.tag());
		}
		if (asking instanceof Takeover.LookingAgain && answer instanceof Answer.Refused) {
			return new Answer.LockIs(null, null);
		}
		return (Answer) answer;
	}

	/**
	 * Begins to take over anew: two that only ever claim the lock from each other would
	 * never end.
	 */
	final State anew(State state, A actor) {
		return state.with((actor.startsLeft > 0) ? actor.starts() : actor.phase(null));
	}

	/** A name that no generation has, nor is about to get. */
	final Generation fresh(State state) {
		int names = state.actors.stream().mapToInt((each) -> each.generationsLeft).sum();
		return generation(100 - names);
	}

	private static Generation generation(int number) {
		return new Generation("%016x".formatted(number));
	}

	/** Acknowledges what may be. */
	final State settle(State state, A actor) {
		long acknowledged = state.acknowledged;
		if (actor.phase instanceof Ownership.Writing) {
			acknowledged |= bits(actor.chain.subList(0, actor.shipped));
		}
		return new State(state.model, state.actors, state.net, acknowledged).with(actor);
	}

	/**
	 * The commits of what a restore would begin with, which is also what can be gone on
	 * with; null if there is nothing.
	 * @throws IllegalStateException if they are torn
	 */
	abstract @Nullable List<Integer> restored(M model);

	/** Everything in a message, but whose it is, that makes a difference. */
	abstract void describe(Message message, Fingerprint to);

	/** Whether a request may change what the store holds. */
	abstract boolean changes(Object request);

	/** Whether a request that nobody waits for can change nothing any more. */
	abstract boolean isVain(M model, Object request);

	/** What a request does that is not about the lock. */
	abstract Effect<M> effectInFormat(M model, Object request);

	/** A run hears the answer that it waits for. */
	abstract State deliver(State without, A actor, Object request, Object answer);

	/** A run that waits for nothing does something. */
	abstract void act(State state, A actor, Consumer<State> next);

	/** A run whose answer is late does something all the same. */
	abstract void tireOfWaiting(State state, A actor, Consumer<State> next);

}

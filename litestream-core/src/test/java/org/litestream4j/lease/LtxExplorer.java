package org.litestream4j.lease;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;

/**
 * An {@link Exploration} of a replica in the LTX format: one log whose next key is the
 * next transaction's number, which a run learns from a listing. So a run that lists again
 * would write behind the fence of whoever has taken the replica over, and the key of a
 * fence is free again once that was compacted, unless it is kept.
 */
final class LtxExplorer extends Exploration<LtxModel, LtxExplorer.Actor> {

	/** What a broken implementation leaves out, for the negative controls. */
	enum Fault {

		/** The lock is not claimed before the listing. */
		LOCK_FIRST,

		/** The next number is not fenced. */
		FENCE,

		/** Nobody lists again after a fence was stored, which may be an old number. */
		LIST_AFTER_FENCE,

		/** Nobody looks at the lock after a listing that says what is next. */
		LOOK_AFTER_LISTING,

		/** Fences are deleted with the other transactions that a higher level has. */
		KEEP_FENCES,

		/** The log is the one to go on with only if the lock names its generation. */
		ONE_LOG,

		/** Transactions replace what is there. */
		ONLY_IF_ABSENT,

		/** A refused transaction is taken for one's own. */
		STOP_WHEN_REFUSED

	}

	/**
	 * How much each run does.
	 *
	 * @param starts how often each takes over
	 * @param commits how many each makes, by run: as many as there are runs; up to 8
	 * @param generations how many each begins, by run
	 * @param listings how often each lists again, while its request is under way
	 * @param compactions how often each compacts all there is, and deletes what it may,
	 * by run
	 */
	record Bounds(int starts, List<Integer> commits, List<Integer> generations, int listings,
			List<Integer> compactions) {

		boolean isCompacting() {
			return this.compactions.stream().anyMatch((each) -> each > 0);
		}

	}

	/** One run of the engine and what it knows. */
	static final class Actor extends Exploration.Actor<Actor> {

		private int listingsLeft;

		private int compactionsLeft;

		/** Of its local copy. */
		private @Nullable Generation generation;

		/** The number of the next transaction; 0 while it has to list for that. */
		private int next;

		/** Whether the next one is the whole database. */
		private boolean begins;

		/** What was sent last; sent again as it was. */
		private LtxModel.@Nullable Single sent;

		Actor(int id, Bounds bounds) {
			super(id, bounds.starts(), bounds.commits().get(id - 1), bounds.generations().get(id - 1));
			this.listingsLeft = bounds.listings();
			this.compactionsLeft = bounds.compactions().get(id - 1);
		}

		private Actor(Actor other) {
			super(other);
			this.listingsLeft = other.listingsLeft;
			this.compactionsLeft = other.compactionsLeft;
			this.generation = other.generation;
			this.next = other.next;
			this.begins = other.begins;
			this.sent = other.sent;
		}

		@Override
		Actor copy() {
			return new Actor(this);
		}

		@Override
		void forget() {
			this.generation = null;
			this.next = 0;
			this.begins = false;
			this.sent = null;
		}

		LtxModel.Single piece() {
			Ownership.Held held = (Ownership.Held) Objects.requireNonNull(this.phase);
			LtxModel.Single again = this.sent;
			if (again != null && !this.begins && Objects.requireNonNull(again.before()).size() == this.shipped) {
				return again;
			}
			int from = this.begins ? this.chain.size() : this.shipped;
			return new LtxModel.Single(Objects.requireNonNull(this.generation), held.writer(),
					List.copyOf(this.chain.subList(0, from)), this.begins,
					List.copyOf(this.chain.subList(from, this.chain.size())));
		}

		@Override
		void describe(Fingerprint to) {
			super.describe(to);
			to.add(this.listingsLeft).add(this.compactionsLeft);
			to.add(this.generation).add(this.next).add(this.begins ? 1 : 0);
			if (this.sent != null) {
				this.sent.describe(to);
			}
			// Records of what decides: their text says all of them
			to.addText(String.valueOf(this.phase));
		}

		@Override
		public String toString() {
			return "%s, next %d%s".formatted(super.toString(), this.next, this.begins ? ", begins" : "");
		}

	}

	/**
	 * Stores a transaction where nothing is yet.
	 *
	 * @param txid its number
	 */
	private record Put(int txid, LtxModel.Single single) {
	}

	/** Lists the replica. */
	private record List0() {
	}

	/** Lists the single transactions, as a fence is stored. */
	private record List1(int fence) {
	}

	/** What was compacted, as it was listed, and then what is deleted. */
	private record Compact(Map<Integer, LtxModel.Single> sources, List<Integer> deleted) {
	}

	private final Bounds bounds;

	private final Set<Fault> faults;

	LtxExplorer(Bounds bounds, Set<Fault> faults) {
		this.bounds = bounds;
		this.faults = faults.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(faults);
	}

	/** Tries everything, or until something is wrong. */
	Result run() {
		return run(LtxModel.fresh(FIRST),
				IntStream.rangeClosed(1, this.bounds.generations().size())
					.mapToObj((id) -> new Actor(id, this.bounds))
					.toList());
	}

	@Override
	@Nullable List<Integer> restored(LtxModel model) {
		return (catalog(model).chosen(model.lock()) != null) ? model.restore() : null;
	}

	private Catalog catalog(LtxModel model) {
		return this.faults.contains(Fault.ONE_LOG) ? new Catalog(model.catalog().logs()) : model.catalog();
	}

	@Override
	boolean changes(Object request) {
		return request instanceof Put || request instanceof Compact || request instanceof Request.WriteLock;
	}

	@Override
	boolean isVain(LtxModel model, Object request) {
		return request instanceof Put put && !this.bounds.isCompacting() && model.single(put.txid) != null
				&& !this.faults.contains(Fault.ONLY_IF_ABSENT);
	}

	@Override
	void describe(Message message, Fingerprint to) {
		to.addText(message.request);
		if (message.answer instanceof Listing<?> listing) {
			to.add(listing.model().fingerprint());
		}
		else {
			to.addText(String.valueOf(message.answer));
		}
	}

	/** While a request is under way nothing would be gained. */
	@Override
	boolean mayCommit(Actor actor) {
		return !actor.waiting && super.mayCommit(actor);
	}

	/** The answer is late, or lost: where the replica ends is looked up again. */
	@Override
	void tireOfWaiting(State state, Actor actor, Consumer<State> next) {
		if (actor.listingsLeft > 0 && actor.phase instanceof Ownership.Held) {
			next.accept(forget(state, actor).with(actor.phase(actor.phase).with((it) -> {
				it.listingsLeft--;
				it.next = 0;
			})));
		}
	}

	@Override
	void act(State state, Actor actor, Consumer<State> next) {
		Object phase = actor.phase;
		if (phase instanceof Takeover.Asking asking) {
			Answer pretended = pretended(state, asking);
			next.accept((pretended != null) ? takenOver(state, actor, asking, pretended)
					: send(state, actor, request(actor, asking)));
		}
		else if (phase instanceof Ownership.Asking asking) {
			next.accept(send(state, actor, asking.request()));
		}
		else if (phase instanceof Ownership.Held held) {
			if (actor.next == 0) {
				next.accept(send(state, actor, new List0()));
				return;
			}
			if (actor.begins || actor.shipped < actor.chain.size()) {
				LtxModel.Single piece = actor.piece();
				next.accept(send(state, actor.with((it) -> it.sent = piece.whole() ? null : piece),
						new Put(actor.next, piece)));
			}
			if (actor.compactionsLeft > 0) {
				next.accept(send(state, actor.with((it) -> it.compactionsLeft--), new Compact(state.model.known(),
						state.model.deletable(this.faults.contains(Fault.KEEP_FENCES)))));
			}
			if (actor.generationsLeft > 0) {
				Generation fresh = fresh(state);
				next.accept(state.with(actor.phase(held.begin(fresh)).with((it) -> {
					it.generationsLeft--;
					it.generation = fresh;
				})));
			}
		}
	}

	/** What a broken implementation takes for the answer to what it never asked. */
	private @Nullable Answer pretended(State state, Takeover.Asking asking) {
		if (asking instanceof Takeover.Fencing && this.faults.contains(Fault.FENCE)) {
			return new Answer.Stored("");
		}
		return this.faults.contains(Fault.LOCK_FIRST) ? unclaimed(state.model, asking) : null;
	}

	/** A fence goes to the number after the newest one that was listed. */
	private Object request(Actor actor, Takeover.Asking asking) {
		if (asking instanceof Takeover.Fencing fencing) {
			return new Put(actor.next, new LtxModel.Single(fencing.log().end().generation(),
					fencing.run().writer(fencing.lock().epoch()), null, false, List.of()));
		}
		if (asking instanceof Takeover.LookingAgain looking && this.faults.contains(Fault.LOCK_FIRST)) {
			return claimLate(looking);
		}
		return asking.request();
	}

	/** Whoever asks may as well have asked when the store answers. */
	private State send(State state, Actor actor, Object request) {
		Message message = new Message(actor.id, request, true, null);
		State sent = state.plus(message).with(actor.waits());
		return changes(request) ? sent : takeEffect(sent, sent.net.size() - 1);
	}

	@Override
	Effect<LtxModel> effectInFormat(LtxModel model, Object request) {
		if (request instanceof List0) {
			return new Effect<>(model, new Listing<>(model));
		}
		if (request instanceof List1 list) {
			return new Effect<>(model, answer(model.end() < list.fence, ""));
		}
		if (request instanceof Compact compact) {
			return new Effect<>(model.compact(compact.sources, compact.deleted), answer(true, ""));
		}
		Put put = (Put) request;
		LtxModel.Single there = model.single(put.txid);
		boolean stored = there == null || this.faults.contains(Fault.ONLY_IF_ABSENT);
		return new Effect<>(stored ? model.put(put.txid, put.single) : model,
				answer(stored || put.single.equals(there), ""));
	}

	@Override
	State deliver(State without, Actor actor, Object request, Object answer) {
		Object phase = Objects.requireNonNull(actor.phase);
		if (phase instanceof Takeover.Asking asking) {
			boolean fenced = request instanceof Put && answer instanceof Answer.Stored;
			return (fenced && !this.faults.contains(Fault.LIST_AFTER_FENCE))
					? send(without, actor, new List1(actor.next)) : takenOver(without, actor, asking, answer);
		}
		if (phase instanceof Ownership.Asking asking) {
			Ownership then = asking.answered((Answer) answer);
			boolean began = phase instanceof Ownership.Naming;
			return settle(without, actor.phase((then instanceof Ownership.Fenced) ? null : then)
				.with((it) -> it.next = began ? 0 : it.next));
		}
		if (answer instanceof Listing<?> listing) {
			return resumed(without, actor, (Ownership.Held) phase, (LtxModel) listing.model());
		}
		if (request instanceof Compact) {
			return without.with(actor.phase(phase));
		}
		if (answer instanceof Answer.Refused && !this.faults.contains(Fault.STOP_WHEN_REFUSED)) {
			return without.with(actor.phase(null)); // fenced
		}
		LtxModel.Single stored = ((Put) request).single;
		Object then = (stored.whole() && phase instanceof Ownership.Unconfirmed unconfirmed)
				? unconfirmed.snapshotStored() : phase;
		return settle(without, actor.phase(then).with((it) -> {
			it.shipped = Objects.requireNonNull(stored.before()).size() + stored.commits().size();
			it.next++;
			it.begins = false;
			it.sent = null;
		}));
	}

	/**
	 * As the log does it: what it cannot go on from is followed by the whole database.
	 */
	private State resumed(State state, Actor actor, Ownership.Held held, LtxModel model) {
		List<Integer> restored = model.restore();
		boolean own = model.generation().equals(actor.generation) && restored.size() <= actor.chain.size()
				&& restored.equals(actor.chain.subList(0, restored.size()));
		Object then = this.faults.contains(Fault.LOOK_AFTER_LISTING) ? held : held.look();
		return settle(state, actor.phase(then).with((it) -> {
			it.next = model.newest() + 1;
			it.begins = !own;
			it.shipped = own ? restored.size() : 0;
		}));
	}

	private State takenOver(State state, Actor actor, Takeover.Asking asking, Object answer) {
		Actor informed = actor;
		Answer told;
		if (answer instanceof Listing<?> listing) {
			LtxModel model = (LtxModel) listing.model();
			List<Integer> restored = List.copyOf(model.restore());
			told = new Answer.Listed(catalog(model));
			informed = actor.with((it) -> {
				it.chain = restored;
				it.generation = model.generation();
				it.next = model.newest() + 1;
			});
		}
		else {
			told = toldOfClaim(asking, answer);
		}
		Takeover then = asking.answered(told);
		if (then instanceof Takeover.ReadingLock) {
			return anew(state, actor);
		}
		if (then instanceof Takeover.Owned owned) {
			// The log looks itself where it stands
			return settle(state, informed.phase(Ownership.of(owned)).with((it) -> it.next = 0));
		}
		return state.with(informed.phase(then));
	}

}

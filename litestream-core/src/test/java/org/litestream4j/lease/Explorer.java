package org.litestream4j.lease;

import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * An {@link Exploration} of a replica in the format of v0.3: a request whose answer is
 * late is made again.
 */
final class Explorer extends Exploration<Model, Explorer.Actor> {

	/** What a broken implementation leaves out, for the negative controls. */
	enum Fault {

		/** The lock is not claimed before the listing. */
		LOCK_FIRST,

		/** The end of the newest index is not fenced. */
		FENCE_1,

		/** The beginning of the next index is not fenced. */
		FENCE_2,

		/** Nobody looks at the lock after the fences. */
		LOOK_AGAIN,

		/** A generation begins without being named in the lock. */
		NAME_GENERATION,

		/** The lock does not say which generation to restore until the new one can be. */
		KEEP_PREVIOUS,

		/** What is stored in a new generation is acknowledged without a last look. */
		CONFIRM_GENERATION,

		/** Segments replace what is there. */
		ONLY_IF_ABSENT,

		/** A refused segment is taken for one's own. */
		STOP_WHEN_REFUSED,

		/** What is stored where retention has deleted a fence is acknowledged. */
		LOOK_AFTER_STORING

	}

	/**
	 * How much each run does.
	 *
	 * @param starts how often each takes over
	 * @param commits how many each makes, in all; up to 8
	 * @param generations how many each begins, by run: as many as there are runs
	 * @param repeats how often each makes a request again whose answer is late
	 * @param renewals how often each says that it is alive
	 * @param retentions how often each takes a snapshot and deletes what is before it, or
	 * deletes the generation before its own
	 */
	record Bounds(int starts, int commits, List<Integer> generations, int repeats, int renewals, int retentions) {
	}

	/** One run of the engine and what it knows. */
	static final class Actor extends Exploration.Actor<Actor> {

		private int repeatsLeft;

		private int renewalsLeft;

		private int retentionsLeft;

		/** Where it writes next. */
		private @Nullable WalPosition next;

		Actor(int id, Bounds bounds) {
			super(id, bounds.starts(), bounds.commits(), bounds.generations().get(id - 1));
			this.repeatsLeft = bounds.repeats();
			this.renewalsLeft = bounds.renewals();
			this.retentionsLeft = bounds.retentions();
		}

		private Actor(Actor other) {
			super(other);
			this.repeatsLeft = other.repeatsLeft;
			this.renewalsLeft = other.renewalsLeft;
			this.retentionsLeft = other.retentionsLeft;
			this.next = other.next;
		}

		@Override
		Actor copy() {
			return new Actor(this);
		}

		@Override
		void forget() {
			this.next = null;
		}

		Actor at(List<Integer> commits, int inReplica, @Nullable WalPosition writesNext) {
			return with((it) -> {
				it.chain = commits;
				it.shipped = inReplica;
				it.next = writesNext;
				it.waiting = false;
			});
		}

		Actor beginsGeneration(Ownership.Naming naming) {
			return phase(naming).with((it) -> it.generationsLeft--);
		}

		Actor repeats() {
			return waits().with((it) -> it.repeatsLeft--);
		}

		Actor retains() {
			return with((it) -> it.retentionsLeft--);
		}

		Actor renews(Ownership.Held held) {
			return phase(held.renew(null)).with((it) -> it.renewalsLeft--);
		}

		@Override
		void describe(Fingerprint to) {
			super.describe(to);
			to.add(this.repeatsLeft).add(this.renewalsLeft).add(this.retentionsLeft).add(this.next);
			describe(this.phase, to);
		}

		private static void describe(@Nullable Object phase, Fingerprint to) {
			to.add((phase != null) ? phase.getClass().getSimpleName() : null);
			if (phase instanceof Takeover.ReadingLock reading) {
				to.add(reading.run().id());
			}
			else if (phase instanceof Takeover.ClaimingLock claiming) {
				to.add(claiming.run().id()).add(claiming.claim()).add(claiming.tag());
			}
			else if (phase instanceof Takeover.Listing listing) {
				to.add(listing.run().id()).add(listing.lock()).add(listing.tag());
			}
			else if (phase instanceof Takeover.Naming naming) {
				to.add(naming.run().id()).add(naming.claim()).add(naming.tag());
				describe(naming.log(), to);
			}
			else if (phase instanceof Takeover.Fencing fencing) {
				to.add(fencing.run().id()).add(fencing.lock()).add(fencing.tag()).add(fencing.at());
				describe(fencing.log(), to);
			}
			else if (phase instanceof Takeover.LookingAgain looking) {
				to.add(looking.run().id()).add(looking.lock()).add(looking.tag());
				describe(looking.log(), to);
			}
			else if (phase instanceof Takeover.Empty empty) {
				to.add(empty.run().id()).add(empty.lock()).add(empty.tag());
			}
			else if (phase instanceof Ownership.Held held) {
				to.add(held.run().id()).add(held.lock()).add(held.tag());
			}
			else if (phase instanceof Ownership.Naming naming) {
				to.add(naming.run().id()).add(naming.claim()).add(naming.tag());
			}
			else if (phase instanceof Ownership.Confirming confirming) {
				to.add(confirming.run().id()).add(confirming.lock());
			}
			else if (phase instanceof Ownership.Renewing renewing) {
				to.add(renewing.claim());
				describe(renewing.held(), to);
			}
			else if (phase instanceof Ownership.Looking looking) {
				describe(looking.held(), to);
			}
			else if (phase != null) {
				throw new IllegalStateException("%s is not described".formatted(phase));
			}
		}

		private static void describe(Catalog.Log log, Fingerprint to) {
			to.add(log.end()).add(log.fenced() ? 1 : 0).add(log.restorable() ? 1 : 0);
		}

		@Override
		public String toString() {
			return "%s, next %s".formatted(super.toString(), this.next);
		}

	}

	/** What is stored beside the requests of the decision code. */
	private record PutSegment(Model.Stored stored) {
	}

	private record PutSnapshot(Generation generation, int index, List<Integer> commits) {
	}

	/** Deletes what is before an index. */
	private record Trim(Generation generation, int index) {
	}

	/** Deletes a generation. */
	private record Drop(Generation generation) {
	}

	private final Bounds bounds;

	private final Set<Fault> faults;

	Explorer(Bounds bounds, Set<Fault> faults) {
		this.bounds = bounds;
		this.faults = faults.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(faults);
	}

	/** Tries everything, or until something is wrong. */
	Result run() {
		return run(Model.fresh(FIRST),
				IntStream.rangeClosed(1, this.bounds.generations().size())
					.mapToObj((id) -> new Actor(id, this.bounds))
					.toList());
	}

	@Override
	@Nullable List<Integer> restored(Model model) {
		Catalog.Log chosen = model.catalog().chosen(model.lock());
		return (chosen != null) ? model.restore(chosen.generation()) : null;
	}

	@Override
	boolean changes(Object request) {
		return !(request instanceof Request.ReadLock) && !(request instanceof Request.ListLogs);
	}

	@Override
	boolean isVain(Model model, Object request) {
		WalPosition at = (request instanceof Request.PutFence fence) ? fence.at()
				: (request instanceof PutSegment segment) ? segment.stored.at() : null;
		boolean forGood = this.bounds.retentions() == 0; // nothing is ever deleted
		return at != null && forGood && !model.couldPut(at) && !this.faults.contains(Fault.ONLY_IF_ABSENT);
	}

	@Override
	void describe(Message message, Fingerprint to) {
		to.add(message.request.getClass().getSimpleName());
		if (message.request instanceof Request.WriteLock write) {
			to.add(write.tag()).add(write.lock());
		}
		else if (message.request instanceof Request.PutFence fence) {
			to.add(fence.at()).add(fence.writer().runId()).add(fence.writer().epoch());
		}
		else if (message.request instanceof PutSegment segment) {
			segment.stored.describe(to);
		}
		else if (message.request instanceof PutSnapshot snapshot) {
			to.add(snapshot.generation).add(snapshot.index).add(snapshot.commits);
		}
		else if (message.request instanceof Trim trim) {
			to.add(trim.generation).add(trim.index);
		}
		else if (message.request instanceof Drop drop) {
			to.add(drop.generation);
		}
		to.add((message.answer != null) ? message.answer.getClass().getSimpleName() : null);
		if (message.answer instanceof Answer.LockIs is) {
			to.add(is.lock()).add(is.tag());
		}
		else if (message.answer instanceof Listing<?> listing) {
			to.add(listing.model().fingerprint());
		}
		else if (message.answer instanceof Answer.Stored stored) {
			to.add(stored.tag());
		}
	}

	@Override
	void act(State state, Actor actor, Consumer<State> next) {
		Object phase = actor.phase;
		if (phase instanceof Takeover.Asking asking) {
			Answer pretended = pretended(state, asking);
			next.accept((pretended != null) ? takenOver(state, actor, asking, pretended)
					: send(state, actor, request(asking)));
		}
		else if (phase instanceof Ownership.Asking asking) {
			next.accept((asking instanceof Ownership.Naming naming && this.faults.contains(Fault.NAME_GENERATION))
					? begun(state, actor, naming.answered(new Answer.Stored(naming.tag())))
					: send(state, actor, asking.request()));
		}
		else if (phase instanceof Ownership.Held held) {
			if (actor.renewalsLeft > 0) {
				next.accept(state.with(actor.renews(held)));
			}
			if (held instanceof Ownership.Writing) {
				ship(state, actor, next);
				retain(state, actor, held.lock(), next);
				if (actor.generationsLeft > 0) {
					next.accept(state.with(actor.beginsGeneration(forgetting(held.begin(fresh(state))))));
				}
				return;
			}
			WalPosition at = Objects.requireNonNull(actor.next);
			boolean allShipped = actor.shipped == actor.chain.size();
			if (at.offset() == 0 || !allShipped) {
				ship(state, actor, next);
			}
			else {
				next.accept(send(state, actor, new PutSnapshot(at.generation(), 0, actor.chain)));
			}
		}
	}

	/** A snapshot at the beginning of the index, and nothing before it is kept. */
	private void retain(State state, Actor actor, ReplicaLock lock, Consumer<State> next) {
		if (actor.retentionsLeft == 0) {
			return;
		}
		WalPosition at = Objects.requireNonNull(actor.next);
		if (at.offset() > 0 && actor.shipped == actor.chain.size()) {
			next.accept(send(state, actor.retains(), new PutSnapshot(at.generation(), at.index(), actor.chain)));
		}
		if (lock.previous() != null) {
			next.accept(send(state, actor.retains(), new Drop(lock.previous())));
		}
	}

	private Ownership.Naming forgetting(Ownership.Naming naming) {
		ReplicaLock claim = naming.claim();
		return this.faults.contains(Fault.KEEP_PREVIOUS)
				? new Ownership.Naming(naming.run(), new ReplicaLock(claim.epoch(), claim.runId(), claim.owner(),
						claim.current(), null, claim.renewals(), claim.position(), claim.released()), naming.tag())
				: naming;
	}

	/** What a broken implementation takes for the answer to what it never asked. */
	@Nullable private Answer pretended(State state, Takeover.Asking asking) {
		Answer unclaimed = this.faults.contains(Fault.LOCK_FIRST) ? unclaimed(state.model, asking) : null;
		if (unclaimed != null) {
			return unclaimed;
		}
		if (asking instanceof Takeover.Fencing fencing) {
			boolean first = fencing.at().equals(fencing.log().end());
			return this.faults.contains(first ? Fault.FENCE_1 : Fault.FENCE_2) ? new Answer.Stored("") : null;
		}
		if (asking instanceof Takeover.LookingAgain looking && this.faults.contains(Fault.LOOK_AGAIN)) {
			return new Answer.LockIs(looking.lock(), looking.tag());
		}
		return null;
	}

	/** One that claims the lock too late does so where others look again. */
	private Request request(Takeover.Asking asking) {
		if (asking instanceof Takeover.LookingAgain looking && this.faults.contains(Fault.LOCK_FIRST)) {
			return claimLate(looking);
		}
		return asking.request();
	}

	/** In the same index, or in the next one: the WAL may have been restarted. */
	private void ship(State state, Actor actor, Consumer<State> next) {
		WalPosition at = Objects.requireNonNull(actor.next);
		boolean headerAlone = at.offset() == 0 && actor.phase instanceof Ownership.Unconfirmed;
		if (actor.shipped == actor.chain.size() && !headerAlone) {
			return;
		}
		next.accept(send(state, actor, segment(actor, at)));
		if (at.offset() > 0) {
			next.accept(send(state, actor, segment(actor, new WalPosition(at.generation(), at.index() + 1, 0))));
		}
	}

	private static PutSegment segment(Actor actor, WalPosition at) {
		Ownership.Held held = (Ownership.Held) Objects.requireNonNull(actor.phase);
		return new PutSegment(new Model.Stored(at, held.writer(), List.copyOf(actor.chain.subList(0, actor.shipped)),
				List.copyOf(actor.chain.subList(actor.shipped, actor.chain.size()))));
	}

	private State send(State state, Actor actor, Object request) {
		return state.plus(new Message(actor.id, request, true, null)).with(actor.waits());
	}

	/** Makes the request again, whose answer is late; the first one stays under way. */
	@Override
	void tireOfWaiting(State state, Actor actor, Consumer<State> next) {
		if (actor.repeatsLeft == 0) {
			return;
		}
		for (Message message : state.net) {
			if (message.sender == actor.id && message.current && changes(message.request)) {
				next.accept(forget(state, actor).plus(new Message(actor.id, message.request, true, null))
					.with(actor.repeats()));
			}
		}
	}

	@Override
	Effect<Model> effectInFormat(Model model, Object request) {
		if (request instanceof PutSnapshot snapshot) {
			return stored(model.snapshot(snapshot.generation, snapshot.index, snapshot.commits));
		}
		if (request instanceof Trim trim) {
			return stored(model.trim(trim.generation, trim.index));
		}
		if (request instanceof Drop drop) {
			return stored(model.drop(drop.generation));
		}
		Model.Stored wanted = (request instanceof Request.PutFence fence)
				? new Model.Stored(fence.at(), fence.writer(), null, List.of()) : ((PutSegment) request).stored;
		Model.Stored there = model.object(wanted.at());
		boolean stored = there == null || this.faults.contains(Fault.ONLY_IF_ABSENT);
		return new Effect<>(stored ? model.put(wanted) : model, answer(stored || wanted.equals(there), ""));
	}

	private static Effect<Model> stored(Model model) {
		return new Effect<>(model, answer(true, ""));
	}

	@Override
	State deliver(State without, Actor actor, Object request, Object answer) {
		Object phase = actor.phase;
		if (phase instanceof Takeover.Asking asking) {
			return takenOver(without, actor, asking, answer);
		}
		if (phase instanceof Ownership.Naming naming) {
			return begun(without, actor, naming.answered((Answer) answer));
		}
		if (phase instanceof Ownership.Asking asking) {
			Ownership then = asking.answered((Answer) answer);
			return settle(without, actor.phase((then instanceof Ownership.Fenced) ? null : then));
		}
		if (request instanceof PutSnapshot snapshot && phase instanceof Ownership.Writing) {
			return send(without, actor, new Trim(snapshot.generation, snapshot.index));
		}
		if (request instanceof Trim || request instanceof Drop) {
			return without.with(actor.phase(phase));
		}
		if (request instanceof PutSnapshot) {
			Ownership.Unconfirmed unconfirmed = (Ownership.Unconfirmed) Objects.requireNonNull(phase);
			Object then = this.faults.contains(Fault.CONFIRM_GENERATION)
					? new Ownership.Writing(unconfirmed.run(), unconfirmed.lock(), unconfirmed.tag())
					: unconfirmed.snapshotStored();
			return settle(without, actor.phase(then));
		}
		if (answer instanceof Answer.Refused && !this.faults.contains(Fault.STOP_WHEN_REFUSED)) {
			return without.with(actor.phase(null)); // fenced
		}
		Model.Stored stored = ((PutSegment) request).stored;
		int shipped = Objects.requireNonNull(stored.before()).size() + stored.commits().size();
		Actor written = actor.at(actor.chain, shipped, stored.at().at(stored.end()));
		if (phase instanceof Ownership.Writing writing && this.bounds.retentions() > 0
				&& !this.faults.contains(Fault.LOOK_AFTER_STORING)) {
			return without.with(written.phase(writing.look()));
		}
		return settle(without, written);
	}

	private State begun(State state, Actor actor, Ownership then) {
		if (then instanceof Ownership.Unconfirmed unconfirmed) {
			WalPosition start = new WalPosition(Objects.requireNonNull(unconfirmed.lock().current()), 0, 0);
			return state.with(actor.phase(then).at(actor.chain, actor.shipped, start));
		}
		return state.with(actor.phase(null));
	}

	private State takenOver(State state, Actor actor, Takeover.Asking asking, Object answer) {
		List<Integer> chain = actor.chain;
		Answer told;
		if (answer instanceof Listing<?> listing) {
			Model model = (Model) listing.model();
			Catalog catalog = model.catalog();
			told = new Answer.Listed(catalog);
			Takeover.Listing step = (Takeover.Listing) asking;
			Catalog.Log chosen = catalog.chosen(step.lock());
			chain = (chosen != null) ? List.copyOf(model.restore(chosen.generation())) : List.of();
		}
		else {
			told = toldOfClaim(asking, answer);
		}
		Takeover then = asking.answered(told);
		if (then instanceof Takeover.ReadingLock) {
			return anew(state, actor);
		}
		if (then instanceof Takeover.Owned owned) {
			return settle(state, actor.phase(Ownership.of(owned)).at(chain, chain.size(), owned.next()));
		}
		return state.with(actor.phase(then).at(chain, chain.size(), null));
	}

}

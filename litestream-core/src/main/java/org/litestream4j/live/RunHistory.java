package org.litestream4j.live;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * The runs of one meta directory, and what each did to the numbers of the indexes, in
 * order. What a run writes to a replica is numbered as things stand after its own moves,
 * as these come before anything is written. So a position is put into today's numbers by
 * the moves of all runs after the one that wrote it.
 *
 * @param events the oldest first
 * @param forgotten whether there were more runs than are known
 */
record RunHistory(List<Event> events, boolean forgotten) {

	/** How many runs are known. Beyond, the oldest are forgotten: unknown writers. */
	static final int MOST_RUNS = 200;

	/** Stands for runs that have left nothing but their moves. */
	static final String NOBODY = "0".repeat(16);

	static final RunHistory NONE = new RunHistory(List.of(), false);

	RunHistory {
		events = List.copyOf(events);
	}

	/** What happened. */
	sealed interface Event {

		/** A run began. */
		record Began(String run) implements Event {
		}

		/** It moved indexes on, from one on. */
		record Moved(Generation generation, int from, int by) implements Event {
		}

		/**
		 * It took over what was restored: an index begins where a replica ended.
		 *
		 * @param end where that was
		 * @param writer who had written that; null if nobody is named
		 * @param index the index that begins there
		 */
		record Adopted(WalPosition end, @Nullable String writer, int index) implements Event {
		}

	}

	/** The ids of all runs that are known, the newest last. */
	List<String> runs() {
		return this.events.stream()
			.filter(Event.Began.class::isInstance)
			.map((event) -> ((Event.Began) event).run())
			.toList();
	}

	/** Whether the next run makes it forget the oldest one. */
	boolean isFull() {
		return runs().size() == MOST_RUNS;
	}

	/** The same with one event more. */
	RunHistory with(Event event) {
		List<Event> changed = new ArrayList<>(this.events);
		changed.add(event);
		boolean forget = isFull() && event instanceof Event.Began;
		if (forget) {
			changed.remove(0);
			while (!(changed.get(0) instanceof Event.Began)) {
				changed.remove(0);
			}
		}
		return new RunHistory(changed, this.forgotten || forget);
	}

	/**
	 * The same with room for more runs, if there is little. An application that starts
	 * again and again, and never commits, must not forget who wrote what its replicas end
	 * with: runs that are not needed any more become nobody's, and their moves one.
	 * @param writers the runs that wrote what replicas end with
	 */
	RunHistory sparing(Set<String> writers) {
		List<String> runs = runs();
		if (runs.size() <= MOST_RUNS / 2) {
			return this;
		}
		Set<String> needed = new HashSet<>(writers);
		needed.addAll(runs.subList(runs.size() - MOST_RUNS / 4, runs.size()));
		List<Event> spared = new ArrayList<>();
		boolean nobody = false;
		for (Event event : this.events) {
			if (event instanceof Event.Began began && !needed.contains(began.run())) {
				if (!nobody) {
					spared.add(new Event.Began(NOBODY));
				}
				nobody = true;
			}
			else if (nobody && event instanceof Event.Moved move) {
				add(spared, move);
			}
			else {
				nobody = nobody && !(event instanceof Event.Began);
				spared.add(event);
			}
		}
		return new RunHistory(spared, this.forgotten);
	}

	/** Two moves, the second of all that the first has moved, are one. */
	private static void add(List<Event> events, Event.Moved move) {
		int last = events.size() - 1;
		if (events.get(last) instanceof Event.Moved before && before.generation().equals(move.generation())
				&& move.from() == before.from() + before.by()) {
			events.set(last, new Event.Moved(before.generation(), before.from(), before.by() + move.by()));
		}
		else {
			events.add(move);
		}
	}

	/** The same without what was done to the numbers of a generation that was left. */
	RunHistory withoutNumbers() {
		return new RunHistory(this.events.stream().filter(Event.Began.class::isInstance).toList(), this.forgotten);
	}

	/** What a position has become. */
	sealed interface Translation {

		/** It has a number today. */
		record Known(WalPosition position, boolean moved) implements Translation {
		}

		/** It is before a state that was restored, and not where that ends. */
		record BeforeRestored() implements Translation {
		}

		/** Who wrote it is not known, or no longer. */
		record Unknown() implements Translation {
		}

	}

	/**
	 * Puts a position of a replica into today's numbers.
	 * @param written where the data of a replica ends
	 * @param writer the run that wrote what ends there. Null where the object names none,
	 * as before there were runs: all that is known here came later, so that all of it
	 * applies
	 */
	Translation translate(WalPosition written, @Nullable String writer) {
		int restored = adoption(written, writer);
		if (restored >= 0) {
			Event.Adopted adopted = (Event.Adopted) this.events.get(restored);
			WalPosition begin = new WalPosition(written.generation(), adopted.index(), 0);
			return after(restored, begin, false);
		}
		if (writer == null) {
			return this.forgotten ? new Translation.Unknown() : after(-1, written, false);
		}
		int own = this.events.lastIndexOf(new Event.Began(writer));
		return (own < 0) ? new Translation.Unknown() : after(endOfRun(own), written, false);
	}

	/** The event with which the state that ends at a position was taken over, or -1. */
	private int adoption(WalPosition end, @Nullable String writer) {
		for (int i = this.events.size() - 1; i >= 0; i--) {
			if (this.events.get(i) instanceof Event.Adopted adopted) {
				boolean same = adopted.end().equals(end) && Objects.equals(adopted.writer(), writer);
				return (same || isLateSnapshot(end, adopted)) ? i : -1;
			}
		}
		return -1;
	}

	/**
	 * Whether a replica ends with a snapshot that an earlier owner, who did not know yet
	 * that he was followed, has stored behind what was taken over. Only what was shipped
	 * is stored as a snapshot, and whoever took over had fenced what was shipped, so that
	 * nothing can have come to it: it is the same state under a later number.
	 */
	private static boolean isLateSnapshot(WalPosition end, Event.Adopted adopted) {
		return end.generation().equals(adopted.end().generation()) && end.offset() == 0 && end.isAfter(adopted.end())
				&& end.index() < adopted.index();
	}

	private int endOfRun(int began) {
		int last = began;
		while (last + 1 < this.events.size() && !(this.events.get(last + 1) instanceof Event.Began)) {
			last++;
		}
		return last;
	}

	private Translation after(int event, WalPosition position, boolean alreadyMoved) {
		WalPosition now = position;
		boolean moved = alreadyMoved;
		for (Event later : this.events.subList(event + 1, this.events.size())) {
			if (later instanceof Event.Adopted) {
				return new Translation.BeforeRestored();
			}
			if (later instanceof Event.Moved move && move.generation().equals(now.generation())
					&& move.from() <= now.index()) {
				now = new WalPosition(now.generation(), Math.addExact(now.index(), move.by()), now.offset());
				moved = true;
			}
		}
		return new Translation.Known(now, moved);
	}

}

package org.litestream4j.lease;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;

/**
 * A store as the exhaustive check sees it: the lock file, objects by name, one snapshot
 * for each generation. Immutable.
 */
final class Model extends LockedModel<Model> {

	static final int HEADER = 32;

	static final int COMMIT = 100;

	private static final Comparator<WalPosition> ORDER = Comparator
		.comparing((WalPosition position) -> position.generation().name())
		.thenComparingInt(WalPosition::index)
		.thenComparingLong(WalPosition::offset);

	/**
	 * An object.
	 *
	 * @param at where it begins
	 * @param writer who stored it
	 * @param before the commits that its writer believes to stand before it; null in a
	 * fence, which adds nothing
	 * @param commits what it adds
	 */
	record Stored(WalPosition at, Writer writer, @Nullable List<Integer> before, List<Integer> commits) {

		long end() {
			return Math.max(this.at.offset(), (this.at.offset() == 0) ? HEADER : 0)
					+ (long) this.commits.size() * COMMIT;
		}

		void describe(Fingerprint to) {
			to.add(this.at).add(this.writer.runId()).add(this.writer.epoch()).add(this.before).add(this.commits);
		}

	}

	/**
	 * A snapshot.
	 *
	 * @param index where the WAL begins that follows it; part of that may be in it
	 * @param commits what it holds
	 */
	record Snapshot(int index, List<Integer> commits) {
	}

	private final SortedMap<WalPosition, Stored> objects;

	/** By generation: the newest one. */
	private final SortedMap<String, Snapshot> snapshots;

	private @Nullable Catalog catalog;

	private Model() {
		this.objects = new TreeMap<>(ORDER);
		this.snapshots = new TreeMap<>();
	}

	private Model(Model before, SortedMap<WalPosition, Stored> objects, SortedMap<String, Snapshot> snapshots) {
		super(before);
		this.objects = objects;
		this.snapshots = snapshots;
	}

	private Model(Model before, ReplicaLock written) {
		super(before, written);
		this.objects = before.objects;
		this.snapshots = before.snapshots;
	}

	static Model fresh(Generation generation) {
		Model empty = new Model();
		WalPosition start = new WalPosition(generation, 0, 0);
		Stored first = new Stored(start, new Writer("0000000000000000", 1), List.of(), List.of());
		return empty.put(first).snapshot(generation, 0, List.of());
	}

	Model put(Stored stored) {
		SortedMap<WalPosition, Stored> more = new TreeMap<>(this.objects);
		more.put(stored.at(), stored);
		return new Model(this, more, this.snapshots);
	}

	/** One that is older than what is there is not the one that is restored. */
	Model snapshot(Generation generation, int index, List<Integer> commits) {
		Snapshot there = this.snapshots.get(generation.name());
		if (there != null && there.index() > index) {
			return this;
		}
		SortedMap<String, Snapshot> more = new TreeMap<>(this.snapshots);
		more.put(generation.name(), new Snapshot(index, commits));
		return new Model(this, this.objects, more);
	}

	/** Retention: what comes before a snapshot goes. */
	Model trim(Generation generation, int index) {
		SortedMap<WalPosition, Stored> less = new TreeMap<>(this.objects);
		less.keySet().removeIf((at) -> at.generation().equals(generation) && at.index() < index);
		return new Model(this, less, this.snapshots);
	}

	/** Retention: an old generation goes. */
	Model drop(Generation generation) {
		SortedMap<String, Snapshot> less = new TreeMap<>(this.snapshots);
		less.remove(generation.name());
		return new Model(this, this.objects, less).trim(generation, Integer.MAX_VALUE);
	}

	@Override
	Model lock(ReplicaLock written) {
		return new Model(this, written);
	}

	@Nullable Stored object(WalPosition at) {
		return this.objects.get(at);
	}

	@Override
	void describe(Fingerprint to) {
		super.describe(to);
		to.add(this.objects.size());
		this.objects.values().forEach((each) -> each.describe(to));
		this.snapshots
			.forEach((generation, snapshot) -> to.add(generation).add(snapshot.index()).add(snapshot.commits()));
	}

	/** The segments of an unbroken log, in order, from the snapshot on. */
	private List<Stored> log(Generation generation) {
		List<Stored> log = new ArrayList<>();
		Snapshot snapshot = this.snapshots.get(generation.name());
		WalPosition at = new WalPosition(generation, (snapshot != null) ? snapshot.index() : 0, 0);
		while (true) {
			Stored stored = this.objects.get(at);
			if (stored != null) {
				log.add(stored);
			}
			if (stored == null || stored.end() == at.offset()) {
				// Behind an empty segment only the next index can follow
				at = new WalPosition(generation, at.index() + 1, 0);
				if (!this.objects.containsKey(at)) {
					return log;
				}
			}
			else {
				at = at.at(stored.end());
			}
		}
	}

	@Override
	Catalog catalog() {
		if (this.catalog != null) {
			return this.catalog;
		}
		TreeSet<String> generations = new TreeSet<>(this.snapshots.keySet());
		this.objects.keySet().forEach((at) -> generations.add(at.generation().name()));
		List<Catalog.Log> logs = new ArrayList<>();
		for (String name : generations) {
			Generation generation = new Generation(name);
			List<Stored> log = log(generation);
			if (!log.isEmpty()) {
				Stored last = log.get(log.size() - 1);
				boolean fenced = last.at().offset() > 0 && last.commits().isEmpty();
				logs.add(new Catalog.Log(generation, this.snapshots.containsKey(name), last.at().at(last.end()),
						fenced));
			}
		}
		Catalog made = new Catalog(logs);
		this.catalog = made;
		return made;
	}

	/**
	 * Restores a generation up to its end.
	 * @throws IllegalStateException if a segment does not continue what stands before it
	 */
	List<Integer> restore(Generation generation) {
		Snapshot snapshot = this.snapshots.get(generation.name());
		List<Integer> commits = (snapshot != null) ? snapshot.commits() : List.of();
		for (Stored each : log(generation)) {
			if (each.before() == null) {
				continue;
			}
			List<Integer> whole = new ArrayList<>(each.before());
			whole.addAll(each.commits());
			if (startsWith(commits, whole)) {
				continue; // the snapshot holds it already
			}
			if (!startsWith(commits, each.before()) || !startsWith(whole, commits)) {
				throw new IllegalStateException("torn: %s with %s after %s".formatted(each.at(), whole, commits));
			}
			commits = whole;
		}
		return commits;
	}

	private static boolean startsWith(List<Integer> list, List<Integer> prefix) {
		return list.size() >= prefix.size() && list.subList(0, prefix.size()).equals(prefix);
	}

	@Override
	public String toString() {
		return "%s, objects %s, snapshots %s".formatted(super.toString(), this.objects.values(), this.snapshots);
	}

	/** Whether a message that wants this could still change something. */
	boolean couldPut(WalPosition at) {
		return !this.objects.containsKey(at);
	}

}

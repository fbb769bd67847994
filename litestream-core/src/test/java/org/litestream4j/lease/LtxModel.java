package org.litestream4j.lease;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;

/**
 * A store that holds a replica in the LTX format, as the exhaustive check sees it: the
 * lock file, single transactions by number, and what was compacted of them. Immutable.
 */
final class LtxModel extends LockedModel<LtxModel> {

	/**
	 * A single transaction.
	 *
	 * @param generation that of its writer's local copy; of a fence, that of what it ends
	 * @param writer who stored it
	 * @param before the commits that its writer believes to stand before it; null in a
	 * fence, which adds nothing
	 * @param whole whether it stands for itself, whatever is before it
	 * @param commits what it adds
	 */
	record Single(Generation generation, Writer writer, @Nullable List<Integer> before, boolean whole,
			List<Integer> commits) {

		boolean isFence() {
			return this.before == null;
		}

		void describe(Fingerprint to) {
			to.add(this.generation).add(this.writer.runId()).add(this.writer.epoch());
			to.add(this.before).add(this.whole ? 1 : 0).add(this.commits);
		}

	}

	private final NavigableMap<Integer, Single> singles;

	/** What files of higher levels hold, up to a number without gaps. */
	private final NavigableMap<Integer, Single> compacted;

	private @Nullable Catalog catalog;

	private LtxModel() {
		this.singles = new TreeMap<>();
		this.compacted = new TreeMap<>();
	}

	private LtxModel(LtxModel before, NavigableMap<Integer, Single> singles, NavigableMap<Integer, Single> compacted) {
		super(before);
		this.singles = singles;
		this.compacted = compacted;
	}

	private LtxModel(LtxModel before, ReplicaLock written) {
		super(before, written);
		this.singles = before.singles;
		this.compacted = before.compacted;
	}

	static LtxModel fresh(Generation generation) {
		return new LtxModel().put(1,
				new Single(generation, new Writer("0000000000000000", 1), List.of(), true, List.of()));
	}

	LtxModel put(int txid, Single single) {
		NavigableMap<Integer, Single> more = new TreeMap<>(this.singles);
		more.put(txid, single);
		return new LtxModel(this, more, this.compacted);
	}

	@Override
	LtxModel lock(ReplicaLock written) {
		return new LtxModel(this, written);
	}

	/** What was compacted by some listing is stored, and then singles are deleted. */
	LtxModel compact(Map<Integer, Single> sources, Collection<Integer> deleted) {
		NavigableMap<Integer, Single> more = new TreeMap<>(this.compacted);
		sources.forEach(more::putIfAbsent);
		NavigableMap<Integer, Single> less = new TreeMap<>(this.singles);
		deleted.forEach(less::remove);
		return new LtxModel(this, less, more);
	}

	/** All up to the newest, by number. */
	NavigableMap<Integer, Single> known() {
		NavigableMap<Integer, Single> known = new TreeMap<>(this.singles);
		known.putAll(this.compacted);
		return known;
	}

	/**
	 * What retention deletes of the singles that a higher level has: all before the
	 * newest one that changes anything.
	 * @param fences whether fences go as well
	 */
	List<Integer> deletable(boolean fences) {
		int end = end();
		return this.singles.entrySet()
			.stream()
			.filter((each) -> each.getKey() < end && (fences || !each.getValue().isFence()))
			.map(Map.Entry::getKey)
			.toList();
	}

	@Nullable Single single(int txid) {
		return this.singles.get(txid);
	}

	int newest() {
		return known().lastKey();
	}

	/** The newest single that changes anything. */
	int end() {
		int end = this.singles.lastKey();
		while (Objects.requireNonNull(this.singles.get(end)).isFence()) {
			end--;
		}
		return end;
	}

	Generation generation() {
		return Objects.requireNonNull(this.singles.get(end())).generation();
	}

	@Override
	void describe(Fingerprint to) {
		super.describe(to);
		to.add(this.singles.size()).add(this.compacted.size());
		this.singles.forEach((txid, each) -> each.describe(to.add(txid.longValue())));
		this.compacted.forEach((txid, each) -> each.describe(to.add(txid.longValue())));
	}

	/** One log, whatever generations were written to it. */
	@Override
	Catalog catalog() {
		if (this.catalog == null) {
			WalPosition end = new WalPosition(generation(), end(), 32);
			this.catalog = Catalog.ofOneLog(new Catalog.Log(generation(), true, end, true));
		}
		return this.catalog;
	}

	/**
	 * Restores the newest state. A fence that was put too late where another transaction
	 * was, which files of higher levels hold, does not count beside these.
	 * @throws IllegalStateException if a file does not continue what stands before it, or
	 * is another one than was compacted
	 */
	List<Integer> restore() {
		List<Integer> commits = new ArrayList<>();
		Map<Integer, Single> of = new HashMap<>(this.singles);
		this.compacted.forEach((txid, each) -> {
			Single there = of.putIfAbsent(txid, each);
			if (there != null && there.isFence()) {
				of.put(txid, each);
			}
			else if (there != null && !there.equals(each)) {
				throw new IllegalStateException("%d is %s, and was compacted as %s".formatted(txid, there, each));
			}
		});
		for (int txid = 1; txid <= of.size(); txid++) {
			Single each = of.get(txid);
			if (each == null) {
				throw new IllegalStateException("torn: %d is missing".formatted(txid));
			}
			if (each.before() == null) {
				continue;
			}
			if (!each.whole() && !each.before().equals(commits)) {
				throw new IllegalStateException("torn: %d is %s after %s".formatted(txid, each, commits));
			}
			commits = new ArrayList<>(each.before());
			commits.addAll(each.commits());
		}
		return commits;
	}

	@Override
	public String toString() {
		return "%s, singles %s, compacted %s".formatted(super.toString(), this.singles, this.compacted.keySet());
	}

}

package org.litestream4j.format.ltx;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The files of a replica that are known to be there: listed, and what was stored and
 * deleted since. Asking a store again and again what one has put there oneself costs
 * requests. Thread-safe.
 */
final class LtxKnown {

	/** One map for each level, by the first and then the last transaction. */
	private final List<NavigableMap<LtxFile, LtxFile>> levels = new ArrayList<>();

	LtxKnown() {
		for (int level = 0; level <= LtxFile.SNAPSHOTS; level++) {
			this.levels.add(new TreeMap<>(LtxFile.BY_TRANSACTIONS));
		}
	}

	/** All that a replica lists. */
	static LtxKnown read(LtxReplica replica) throws IOException {
		LtxKnown known = new LtxKnown();
		// From the bottom, as files move up: what moves meanwhile is seen once or twice
		for (int level = 0; level <= LtxFile.SNAPSHOTS; level++) {
			replica.list(level).forEach(known::stored);
		}
		return known;
	}

	/** Takes a listing for what is there. */
	synchronized void become(LtxKnown listed) {
		List<LtxFile> all = listed.all();
		this.levels.forEach(NavigableMap::clear);
		all.forEach(this::stored);
	}

	/**
	 * The same of a listing during which single transactions were stored.
	 * @param before the last one that was stored before it was read
	 */
	synchronized void refresh(LtxKnown listed, long before) {
		List<LtxFile> newer = level(0).stream().filter((file) -> file.maxTxid() > before).toList();
		become(listed);
		newer.forEach(this::stored);
	}

	synchronized void stored(LtxFile file) {
		this.levels.get(file.level()).put(file, file);
	}

	synchronized void deleted(Collection<LtxFile> files) {
		files.forEach((file) -> this.levels.get(file.level()).remove(file));
	}

	/** The files of a level by transactions. */
	synchronized List<LtxFile> level(int level) {
		return List.copyOf(this.levels.get(level).values());
	}

	/** All files, level by level. */
	synchronized List<LtxFile> all() {
		return this.levels.stream().flatMap((level) -> level.values().stream()).toList();
	}

	/** The last transaction in any file; 0 without files. */
	synchronized long newestTxid() {
		long newest = 0;
		for (int level = 0; level < this.levels.size(); level++) {
			newest = Math.max(newest, newestTxid(level));
		}
		return newest;
	}

	/** The last transaction in any file of a level; 0 without files. */
	synchronized long newestTxid(int level) {
		return this.levels.get(level).values().stream().mapToLong(LtxFile::maxTxid).max().orElse(0);
	}

	/** The file that ends with a transaction, of the lowest level that has one. */
	synchronized Optional<LtxFile> endingWith(long txid) {
		return this.levels.stream()
			.flatMap((level) -> level.values().stream())
			.filter((file) -> file.maxTxid() == txid)
			.findFirst();
	}

	/** The snapshot of the state after a transaction. */
	synchronized Optional<LtxFile> snapshot(long txid) {
		return level(LtxFile.SNAPSHOTS).stream().filter((file) -> file.isWhole() && file.maxTxid() == txid).findFirst();
	}

	/** The files that hold every page of a database, the newest state last. */
	synchronized List<LtxFile> whole() {
		return this.levels.stream()
			.flatMap((level) -> level.values().stream())
			.filter(LtxFile::isWhole)
			.sorted(Comparator.comparingLong(LtxFile::maxTxid).thenComparingInt(LtxFile::level))
			.toList();
	}

}

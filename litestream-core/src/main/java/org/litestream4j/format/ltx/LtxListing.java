package org.litestream4j.format.ltx;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.TransactionId;
import org.litestream4j.restore.PlanOutcome.Gap;
import org.litestream4j.restore.PlanOutcome.NoBackup;
import org.litestream4j.restore.PlanOutcome.NoSuchState;
import org.litestream4j.restore.PlanOutcome.Planned;
import org.litestream4j.restore.PlanOutcome;

/**
 * What a replica holds, and which of its files make a state. Pure.
 *
 * @param files of all levels
 * @param asOf the last transaction as of the wanted time; 0 if all are newer, null if no
 * time is wanted
 */
record LtxListing(List<LtxFile> files, @Nullable Long asOf) {

	LtxListing {
		files = List.copyOf(files);
	}

	/** Transactions that are missing. */
	record Hole(long first, long last) {
	}

	/**
	 * What level 0 lacks between two files. Fences stay when what follows them has been
	 * compacted, and was deleted: that is no hole where files of higher levels have it.
	 */
	static List<Hole> holesOfSingles(Collection<LtxFile> files) {
		List<LtxFile> singles = sorted(files, (file) -> file.level() == 0);
		List<LtxFile> compacted = sorted(files, (file) -> file.level() > 0);
		List<Hole> holes = new ArrayList<>();
		for (int i = 1; i < singles.size(); i++) {
			long first = singles.get(i - 1).maxTxid() + 1;
			long last = singles.get(i).minTxid() - 1;
			if (first <= last && !(singles.get(i - 1).isFence() && hold(compacted, first, last))) {
				holes.add(new Hole(first, last));
			}
		}
		return holes;
	}

	private static List<LtxFile> sorted(Collection<LtxFile> files, Predicate<LtxFile> which) {
		return files.stream().filter(which).sorted(LtxFile.BY_TRANSACTIONS).toList();
	}

	private static boolean hold(List<LtxFile> files, long first, long last) {
		long reached = first - 1;
		for (LtxFile file : files) {
			reached = (file.minTxid() <= reached + 1) ? Math.max(reached, file.maxTxid()) : reached;
		}
		return reached >= last;
	}

	/**
	 * Whether files lead to the newest transaction, and each one of level 0 follows the
	 * one before.
	 */
	static boolean isWithoutGaps(List<LtxFile> files) {
		long newest = files.stream().mapToLong(LtxFile::maxTxid).max().orElse(0);
		return holesOfSingles(files).isEmpty() && LtxChain.towards(files, newest).reached() == newest;
	}

	PlanOutcome plan(RestoreTarget target, Predicate<LtxFile> unusable) {
		if (this.files.isEmpty()) {
			return new NoBackup();
		}
		if (target.generation() != null) {
			return new NoSuchState(
					"The replica is in the LTX format, which has no generations: give a transaction id (txid) or a time in place of generation %s"
						.formatted(target.generation()));
		}
		long newest = newest().maxTxid();
		TransactionId txid = target.txid();
		if (txid != null && txid.value() > newest) {
			return new NoSuchState("The replica ends with transaction %s, before %s".formatted(id(newest), txid));
		}
		if (this.asOf != null && this.asOf == 0) {
			return new NoSuchState("The replica holds nothing as old as %s: its oldest file ends with transaction %s"
				.formatted(target.timestamp(), id(oldest())));
		}
		long wanted = (txid != null) ? txid.value() : (this.asOf != null) ? this.asOf : newest;
		LtxChain chain = towards(wanted, unusable);
		if (chain.reached() == wanted) {
			return new Planned(new LtxPlan(chain.files()));
		}
		// But a file that cannot be used does not give an older state in silence
		boolean compacted = leadsBeyond(chain, wanted) && towards(wanted, (file) -> false).reached() == chain.reached();
		if (compacted && txid == null && chain.reached() > 0) {
			return new Planned(new LtxPlan(chain.files()));
		}
		if (compacted || this.files.stream().noneMatch((file) -> file.maxTxid() == wanted)) {
			return new NoSuchState("Transaction %s was compacted with others, after which nothing ends with it; %s"
				.formatted(id(wanted), describeAround(wanted, unusable)));
		}
		return new Gap(describeGap(chain, wanted, unusable), new TransactionId(wanted), newest().storedAt());
	}

	/**
	 * Whether a file goes on from there, past the wanted transaction. Then nothing is
	 * missing: what that was made of is deleted little by little.
	 */
	private boolean leadsBeyond(LtxChain chain, long wanted) {
		return this.files.stream().anyMatch((file) -> file.minTxid() <= chain.reached() + 1 && file.maxTxid() > wanted);
	}

	/**
	 * Whether nothing leads to a file although something should: what it would be applied
	 * to is missing, and was not just deleted from the beginning of its level as others
	 * hold it together with what follows.
	 */
	boolean isCutOff(LtxFile file) {
		LtxChain chain = towards(file.maxTxid(), (each) -> false);
		return chain.reached() < file.maxTxid() && (!leadsBeyond(chain, file.maxTxid()) || this.files.stream()
			.anyMatch((other) -> other.level() == file.level() && !other.isFence()
					&& other.maxTxid() <= chain.reached()));
	}

	private LtxChain towards(long wanted, Predicate<LtxFile> unusable) {
		return LtxChain.towards(this.files.stream().filter(unusable.negate()).toList(), wanted);
	}

	/** The file that ends last; of equals the smallest. */
	LtxFile newest() {
		return this.files.stream()
			.max(Comparator.comparingLong(LtxFile::maxTxid)
				.thenComparing(Comparator.comparingLong(LtxFile::size).reversed()))
			.orElseThrow();
	}

	private long oldest() {
		return this.files.stream().mapToLong(LtxFile::maxTxid).min().orElseThrow();
	}

	private String describeGap(LtxChain chain, long wanted, Predicate<LtxFile> unusable) {
		OptionalLong next = this.files.stream()
			.filter(unusable.negate())
			.mapToLong(LtxFile::minTxid)
			.filter((begin) -> begin > chain.reached() + 1 && begin <= wanted)
			.min();
		String missing = id(chain.reached() + 1) + (next.isPresent() ? " to " + id(next.getAsLong() - 1) : " on");
		String what = (chain.reached() == 0) ? "No file holds every page of the database, for transaction "
				: "No file holds transaction ";
		return what + missing + ": " + describeRest(wanted, unusable);
	}

	private String describeAround(long wanted, Predicate<LtxFile> unusable) {
		long after = this.files.stream()
			.mapToLong(LtxFile::maxTxid)
			.filter((end) -> end > wanted && towards(end, unusable).reached() == end)
			.min()
			.orElse(0);
		String before = describeRest(wanted, unusable);
		return (after == 0) ? before : "%s; the oldest after it is that of transaction %s".formatted(before, id(after));
	}

	/**
	 * Names the newest state that can be restored.
	 * @param wanted no newer than that transaction
	 * @param unusable files to do without
	 */
	String describeRest(long wanted, Predicate<LtxFile> unusable) {
		LtxChain chain = towards(wanted, unusable);
		if (chain.files().isEmpty()) {
			return "no older state can be restored";
		}
		Instant storedAt = chain.files().get(chain.files().size() - 1).storedAt();
		return "the newest state up to there that can be restored is that of transaction %s, stored at %s"
			.formatted(id(chain.reached()), storedAt);
	}

	private static String id(long txid) {
		return new TransactionId(txid).toString();
	}

}

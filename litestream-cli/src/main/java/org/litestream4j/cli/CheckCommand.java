package org.litestream4j.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import org.litestream4j.ReplicaFormats;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreProgress;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.inspect.CheckReport;
import org.litestream4j.inspect.CheckReport.GenerationCheck;
import org.litestream4j.inspect.CheckReport.Verdict;
import org.litestream4j.inspect.Finding;

/** Verifies a whole replica, without a database. */
@Command(name = "check",
		description = { "Reads every object of a replica once and verifies it, without a database: checksums, the chain"
				+ " of the WAL or of transactions, what is missing, which states can be restored, and how long that would take."
				+ " Writes nothing." },
		exitCodeListHeading = LitestreamCli.EXIT_CODES,
		exitCodeList = { "0:all that the replica should hold can be restored", LitestreamCli.EXIT_1,
				LitestreamCli.EXIT_2, "3:the newest state can be restored, but older ones are damaged or missing",
				"4:the newest state cannot be restored, or there is no backup" })
final class CheckCommand implements Callable<Integer> {

	/** How many findings a person reads. */
	private static final int SHOWN = 50;

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Option(names = "-parallelism", paramLabel = "N",
			description = "Objects fetched at once, 1 to 256; up to six small ones count as one. Default: ${DEFAULT-VALUE}.")
	private int parallelism = RestoreOptions.DEFAULTS.parallelism();

	@Override
	public Integer call() throws IOException {
		int parallel = parallelism();
		try (V03Replica client = this.replica.open(this.common)) {
			CheckReport report = check(client, parallel);
			if (this.common.isJson()) {
				this.common.printJson(Result.of(report));
			}
			else {
				print(report);
			}
			return switch (report.verdict()) {
				case GOOD -> LitestreamCli.OK;
				case DAMAGED -> LitestreamCli.LACKING;
				case NOT_RESTORABLE, EMPTY -> LitestreamCli.NOT_RESTORABLE;
			};
		}
	}

	private CheckReport check(V03Replica client, int parallel) throws IOException {
		RestoreProgress progress = ProgressBar.create(this.common);
		try {
			return ReplicaFormats.inspector(client.store()).check(parallel, progress);
		}
		finally {
			if (progress instanceof ProgressBar bar) {
				bar.finish();
			}
		}
	}

	private int parallelism() {
		try {
			return RestoreOptions.DEFAULTS.withParallelism(this.parallelism).parallelism();
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(this.common.spec().commandLine(), "-" + ex.getMessage(), ex);
		}
	}

	private void print(CheckReport report) {
		report.findings()
			.stream()
			.limit(SHOWN)
			.forEach((finding) -> this.common.out().printf("%s: %s%n", word(finding.kind()), finding.message()));
		long more = report.findings().size() + report.findingsLeftOut() - SHOWN;
		if (more > 0) {
			this.common.out().printf("%d more: see -json%n", more);
		}
		if (!report.generations().isEmpty()) {
			Table table = new Table(heading(report), "snapshots", "segments", "size", "restore points", "transactions",
					"first", "last");
			report.generations()
				.forEach((each) -> table.add(each.generation(), each.snapshots(), each.segments(),
						Text.bytes(each.bytes()), each.restorePoints(), each.transactions(), time(each.firstAt()),
						time(each.lastAt())));
			table.print(this.common.out());
		}
		this.common.out().println(sentence(report));
		this.common.out().flush();
	}

	/** A replica that was moved to another format has both. */
	private static String heading(CheckReport report) {
		long levels = report.generations().stream().filter((each) -> each.level() != null).count();
		return (levels == 0) ? "generation" : (levels == report.generations().size()) ? "level" : "generation or level";
	}

	private static String sentence(CheckReport report) {
		String read = "%s, %s, read in %s s".formatted(Text.count(report.objects(), "object"),
				Text.bytes(report.bytes()), report.duration().toMillis() / 1000.0);
		CheckReport.Newest newest = report.newest();
		Duration restore = report.restore();
		if (newest == null || restore == null) {
			return "%s cannot be restored to its newest state (%s). %s".formatted(report.url(), read, report.problem());
		}
		String state = "the newest state, %s, stored at %s, takes about %s s to fetch".formatted(newest.position(),
				Text.time(newest.storedAt()), Math.max(restore.toMillis(), 1) / 1000.0);
		return (report.verdict() == Verdict.GOOD) ? "%s is good (%s): %s".formatted(report.url(), read, state)
				: "%s has lost states (%s): %s".formatted(report.url(), read, state);
	}

	private static String time(@Nullable Instant time) {
		return (time != null) ? Text.time(time) : "-";
	}

	private static String word(Enum<?> value) {
		return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
	}

	/** A name in JSON. */
	private static String camelCase(Enum<?> value) {
		StringBuilder name = new StringBuilder();
		for (String part : value.name().toLowerCase(Locale.ROOT).split("_")) {
			name.append(name.isEmpty() ? part : Character.toUpperCase(part.charAt(0)) + part.substring(1));
		}
		return name.toString();
	}

	/**
	 * As JSON.
	 *
	 * @param url where the replica is
	 * @param verdict good, damaged, notRestorable or empty
	 * @param problem why the newest state cannot be restored, or null
	 * @param state where the newest state ends, or null
	 * @param storedAt when its newest object was stored, or null
	 * @param objects how many were read
	 * @param bytes how many were read, as stored
	 * @param durationMillis how long that took
	 * @param restoreMillis how long fetching the newest state would take, or null
	 * @param restorePoints states that can be restored by their time
	 * @param transactions states that can be restored by their position
	 * @param generations the oldest first
	 * @param findings what is wrong, or worth a word
	 * @param findingsLeftOut how many more there are
	 */
	record Result(String url, String verdict, @Nullable String problem, @JsonUnwrapped @Nullable StateFields state,
			@Nullable Instant storedAt, long objects, long bytes, long durationMillis, @Nullable Long restoreMillis,
			long restorePoints, long transactions, List<GenerationCheck> generations, List<FindingEntry> findings,
			long findingsLeftOut) {

		static Result of(CheckReport report) {
			CheckReport.Newest newest = report.newest();
			Duration restore = report.restore();
			return new Result(report.url(), camelCase(report.verdict()), report.problem(),
					(newest != null) ? StateFields.of(newest.position()) : null,
					(newest != null) ? newest.storedAt() : null, report.objects(), report.bytes(),
					report.duration().toMillis(), (restore != null) ? (Long) restore.toMillis() : null,
					report.restorePoints(), report.transactions(), report.generations(),
					report.findings().stream().map(FindingEntry::of).toList(), report.findingsLeftOut());
		}

	}

	record FindingEntry(String kind, boolean damage, String object, String message) {

		static FindingEntry of(Finding finding) {
			return new FindingEntry(camelCase(finding.kind()), finding.kind().isDamage(), finding.object(),
					finding.message());
		}

	}

}

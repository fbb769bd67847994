package org.litestream4j.boot.actuate;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.LitestreamDatabase;
import org.litestream4j.observe.LitestreamListener.Outcome;
import org.litestream4j.observe.LitestreamListener.Problem;
import org.litestream4j.observe.LitestreamListener.ValidationOutcome;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LitestreamMetrics}.
 */
class LitestreamMetricsTests {

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final AtomicLong now = new AtomicLong();

	private final LitestreamMetrics metrics = new LitestreamMetrics(this.registry, this.now::get);

	@TempDir
	private Path directory;

	private double problem(String replica, String problem) {
		return this.registry.get("litestream.problem")
			.tags("database", "app", "replica", replica, "problem", problem)
			.gauge()
			.value();
	}

	@Test
	void problemIsOneWhileItIsKnown() throws Exception {
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			this.metrics.problemFound("app", "file", Problem.NOT_RESTORABLE, "found before the gauges are there");
			this.metrics.register(database);
			assertThat(problem("file", "not_restorable")).isEqualTo(1);
			assertThat(problem("file", "foreign_writer")).isZero();
			assertThat(problem("none", "database_file_replaced")).isZero();
			this.metrics.problemFound("app", null, Problem.DATABASE_FILE_REPLACED, "gone");
			this.metrics.problemSolved("app", "file", Problem.NOT_RESTORABLE);
			assertThat(problem("file", "not_restorable")).as("so that a scrape sees it").isEqualTo(1);
			this.now.addAndGet(RecentProblems.SHOWN.toNanos());
			assertThat(problem("file", "not_restorable")).isZero();
			assertThat(problem("none", "database_file_replaced")).isEqualTo(1);
		}
	}

	@Test
	void nothingOfADatabaseStaysWhenItGoes() throws Exception {
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			this.metrics.register(database);
			this.metrics.problemFound("app", "file", Problem.FOREIGN_WRITER, "somebody");
			this.metrics.synced("app", 1, Duration.ofMillis(1), Outcome.SUCCESS);
			this.metrics.validated("app", "file", ValidationOutcome.ERROR, Duration.ofMillis(1), "");
			this.metrics.synced("other", 1, Duration.ofMillis(1), Outcome.SUCCESS);
			this.registry.counter("notes.written", "database", "app").increment();
		}
		this.metrics.remove("app");
		assertThat(this.registry.getMeters()).extracting(Meter::getId)
			.extracting((id) -> id.getName() + " " + id.getTag("database"))
			.containsExactlyInAnyOrder("litestream.sync other", "litestream.wal.bytes other", "notes.written app");
		try (LitestreamDatabase again = Databases.start(this.directory)) {
			this.metrics.register(again);
			assertThat(problem("file", "foreign_writer")).isZero();
			assertThat(this.registry.get("litestream.database.size").gauge().value()).isPositive();
		}
	}

}

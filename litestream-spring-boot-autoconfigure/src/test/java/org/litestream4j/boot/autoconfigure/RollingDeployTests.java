package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.PayloadApplicationEvent;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.jdbc.core.JdbcTemplate;

import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.DatabaseStatus.State;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.event.ReplicaFencedEvent;
import org.litestream4j.boot.event.ReplicaWantedEvent;
import org.litestream4j.lease.ReplicaHeldException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Two instances of an application, each with a disk of its own, and one replica.
 */
class RollingDeployTests {

	private static final Duration LONG = Duration.ofMinutes(2);

	@TempDir
	private Path directory;

	private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

	/** An instance that hears of the other one within a third of a second. */
	private ApplicationContextRunner instance(String name, String... properties) {
		return Contexts.jdbc(this.directory.resolve(name))
			.withPropertyValues(Contexts.replica(this.directory), "litestream.restore-if-missing=true",
					"litestream.lease.duration=1s", "litestream.replicas[0].fencing=required",
					"litestream.shutdown-sync-timeout=10s")
			.withPropertyValues(properties)
			.withInitializer((context) -> create(this.directory.resolve(name)));
	}

	private static void create(Path path) {
		try {
			Files.createDirectories(path);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private ApplicationContextRunner heard(String name, String... properties) {
		return instance(name, properties).withInitializer((context) -> context.addApplicationListener(this::hear));
	}

	private void hear(ApplicationEvent event) {
		if (event instanceof PayloadApplicationEvent<?> payload) {
			this.events.add(payload.getPayload());
		}
		else if (event instanceof ContextClosedEvent) {
			this.events.add(event);
		}
	}

	private <T> T event(Class<T> type) throws InterruptedException {
		while (true) {
			Object event = this.events.poll(LONG.toSeconds(), TimeUnit.SECONDS);
			assertThat(event).as("%s did not come", type.getSimpleName()).isNotNull();
			if (type.isInstance(event)) {
				return type.cast(event);
			}
		}
	}

	/** In any order: events are told by a thread of their own. */
	private void events(Class<?>... types) throws InterruptedException {
		Set<Class<?>> missing = new HashSet<>(Set.of(types));
		while (!missing.isEmpty()) {
			Object event = this.events.poll(LONG.toSeconds(), TimeUnit.SECONDS);
			assertThat(event).as("%s did not come", missing).isNotNull();
			missing.removeIf((type) -> type.isInstance(event));
		}
	}

	private static void write(AssertableApplicationContext context, String text) {
		JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
		jdbc.execute("CREATE TABLE IF NOT EXISTS note(text)");
		jdbc.update("INSERT INTO note VALUES (?)", text);
	}

	private static List<String> notes(AssertableApplicationContext context) {
		return context.getBean(JdbcTemplate.class).queryForList("SELECT text FROM note", String.class);
	}

	private static ReplicaStatus replica(AssertableApplicationContext context) {
		return Objects
			.requireNonNull(context.getBean(Litestream.class).database("dataSource").status().replicas().get("file"));
	}

	private List<Path> snapshots() throws IOException {
		try (Stream<Path> files = Files.walk(this.directory.resolve("replica"))) {
			return files.filter((file) -> file.toString().contains(".snapshot.")).toList();
		}
	}

	private static boolean isFenced(AssertableApplicationContext context) {
		return replica(context).state() == State.FENCED;
	}

	@Test
	void nextInstanceWaitsForTheOneBeforeAndGoesOnWithoutASnapshot() throws Exception {
		ExecutorService other = Executors.newSingleThreadExecutor();
		AtomicReference<Future<?>> next = new AtomicReference<>();
		try {
			heard("one").run((one) -> {
				write(one, "before");
				one.getBean(Litestream.class).sync(LONG);
				next.set(other.submit(() -> instance("two", "litestream.lease.wait=60s").run((two) -> {
					assertThat(two).hasNotFailed();
					assertThat(notes(two)).containsExactly("before", "while the other one waits");
					assertThat(replica(two).ownership().epoch()).isEqualTo(2);
					write(two, "after");
					two.getBean(Litestream.class).sync(LONG);
				})));
				ReplicaWantedEvent wanted = event(ReplicaWantedEvent.class);
				assertThat(wanted.replica()).isEqualTo("file");
				assertThat(replica(one).ownership().wantedBy()).isEqualTo(wanted.by());
				assertThat(next.get().isDone()).isFalse();
				write(one, "while the other one waits");
			});
			next.get().get(LONG.toSeconds(), TimeUnit.SECONDS);
			assertThat(snapshots()).hasSize(1);
		}
		finally {
			other.shutdownNow();
		}
	}

	@Test
	void instanceThatIsNotLetInSaysWhoOwnsTheReplicaAndChangesNothing() {
		heard("one").run((one) -> {
			write(one, "before");
			one.getBean(Litestream.class).sync(LONG);
			instance("two", "litestream.lease.wait=0s").run((two) -> assertThat(two).getFailure()
				.rootCause()
				.isInstanceOf(ReplicaHeldException.class)
				.hasMessageContaining(String.valueOf(replica(one).ownership().owner())));
			assertThat(this.directory.resolve("two/app.db")).doesNotExist();
			write(one, "after");
			one.getBean(Litestream.class).sync(LONG);
			assertThat(replica(one).ownership().epoch()).isEqualTo(1);
		});
	}

	@Test
	void instanceThatWasFencedReadsAndIsDown() {
		heard("one", "litestream.on-fenced=read-only").run((one) -> {
			write(one, "before");
			one.getBean(Litestream.class).sync(LONG);
			instance("two", "litestream.lease.enabled=false").run((two) -> {
				assertThat(notes(two)).containsExactly("before");
				write(one, "too late");
				ReplicaFencedEvent fenced = event(ReplicaFencedEvent.class);
				assertThat(fenced.replica()).isEqualTo("file");
				assertThat(isFenced(one)).isTrue();
				assertThat(replica(one).ownership().owner()).isEqualTo(replica(two).ownership().owner());
				assertThatException().isThrownBy(() -> write(one, "refused"))
					.withStackTraceContaining("is read-only (litestream.on-fenced)");
				assertThat(notes(one)).containsExactly("before", "too late");
				write(two, "after");
				two.getBean(Litestream.class).sync(LONG);
			});
		});
		instance("three").run((three) -> assertThat(notes(three)).containsExactly("before", "after"));
	}

	@Test
	void instanceThatWasFencedStopsIfItIsToldTo() {
		heard("one", "litestream.on-fenced=shutdown").run((one) -> {
			write(one, "before");
			one.getBean(Litestream.class).sync(LONG);
			instance("two", "litestream.lease.enabled=false").run((two) -> {
				write(one, "too late");
				events(ReplicaFencedEvent.class, ContextClosedEvent.class);
			});
		});
	}

	@Test
	void instanceWhoseFilesAreNotTheReplicasSaysSoAndRestoresIfItIsToldTo() {
		instance("one").run((one) -> {
			write(one, "before");
			one.getBean(Litestream.class).sync(LONG);
			instance("two", "litestream.lease.enabled=false").run((two) -> {
				write(two, "after");
				two.getBean(Litestream.class).sync(LONG);
			});
			write(one, "lost to the other");
		});
		instance("one").run((one) -> assertThat(one).getFailure()
			.hasStackTraceContaining("is not what its replica holds")
			.hasStackTraceContaining("litestream.on-divergence=restore"));
		instance("one", "litestream.on-divergence=restore").run((one) -> {
			assertThat(notes(one)).containsExactly("before", "after");
			assertThat(this.directory.resolve("one")).isDirectoryContaining("glob:**/app.db.diverged-*");
		});
	}

}

package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.testing.ChildJvm;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.Seeds;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Many runs over one database, of which most are killed, each of which moves on what its
 * replicas lack. At each moment what a replica holds is a state that was committed, later
 * than the one before, and in the end it is the database.
 */
class ManyRunsIT {

	private static final int RUNS = 40;

	@TempDir
	private Path temp;

	private Path home;

	private final List<String> printed = new ArrayList<>();

	private int checked;

	/** How many generations a kill may have cost. */
	private int excused;

	static List<Long> seeds() {
		return Seeds.some(2);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void whatReplicasHoldIsCommittedStatesInOrder(long seed) throws Exception {
		Random random = new Random(seed);
		int restores = 0;
		for (int i = 0; i < RUNS; i++) {
			boolean restored = random.nextInt(10) == 0 && new RawReplica(this.home.resolve("a")).end() != null;
			if (restored) {
				restores++;
				moveToNewMachine(restores);
			}
			run(random, restored ? "restored" : "");
			if (i % 8 == 7) {
				check("a");
				check("b");
			}
		}
		run(random, "last");
		String newest = states().get(states().size() - 1);
		assertThat(check("a")).isEqualTo(newest);
		assertThat(check("b")).isEqualTo(newest);
		long generations = count("generation ");
		System.out.printf(
				"seed %d: %d runs, %d killed, %d restores, %d generations, %d times continued, %d times begun"
						+ " anew, %d states restored, newest %s%n",
				seed, RUNS + 1, count("halted "), restores, generations, count("continued "), count("anew "),
				this.checked, newest);
		assertThat(generations).as("but for kills in a restore, and before anything was shipped: %s", this.printed)
			.isLessThanOrEqualTo(1 + this.excused);
	}

	/** So that what the other test looks for would be seen. */
	@Test
	void whatIsRepeatedAndCutTooEarlyIsNoticed() throws Exception {
		long seed = Seeds.some(1).get(0);
		Random random = new Random(seed);
		assertThatThrownBy(() -> {
			for (int i = 0; i < 5 * RUNS; i++) {
				run(random, "careless");
				check("a");
				check("b");
			}
		}).as("a state that never was, or none").isInstanceOfAny(AssertionError.class, SQLException.class);
		System.out.printf("seed %d: noticed after %d states%n", seed, this.checked);
	}

	@BeforeEach
	void makeHome() throws IOException {
		this.home = Files.createDirectory(this.temp.resolve("home-0"));
		for (String replica : List.of("a", "b")) {
			Files.createDirectory(this.home.resolve(replica));
		}
	}

	private long count(String prefix) {
		return this.printed.stream().filter((line) -> line.startsWith(prefix)).count();
	}

	private void run(Random random, String kind) throws IOException {
		try (ChildProcess child = ChildJvm.start(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
				ManyRuns.class, this.home.toString(), "%016x".formatted(random.nextLong()), kind)) {
			List<String> lines = child.remainingLines();
			this.printed.addAll(lines);
			boolean killed = lines.stream().anyMatch((line) -> line.startsWith("halted "));
			if (killed && (kind.equals("restored") || count("anew ") == 0)) {
				this.excused++;
			}
			assertThat(lines).as("%s", child)
				.anyMatch((line) -> line.startsWith("halted ") || line.startsWith("ended "));
		}
	}

	/** With nothing but what is restored from {@code a}. */
	private void moveToNewMachine(int number) throws Exception {
		Path next = Files.createDirectory(this.temp.resolve("home-" + number));
		for (String kept : List.of("a", "b", "states")) {
			Files.move(this.home.resolve(kept), next.resolve(kept));
		}
		this.home = next;
		Path scratch = Files.createDirectory(this.temp.resolve("restore-" + number));
		Path restored = new RawReplica(next.resolve("a")).restoreEach(scratch, (state, where) -> {
		});
		Files.move(restored, next.resolve("app.db"));
	}

	private List<String> states() throws IOException {
		return Files.readAllLines(this.home.resolve("states"));
	}

	/** The newest state of a replica; null if it is empty. */
	@Nullable private String check(String replica) throws Exception {
		RawReplica raw = new RawReplica(this.home.resolve(replica));
		if (raw.end() == null) {
			return null;
		}
		Set<String> committed = new HashSet<>(states());
		Path scratch = Files.createDirectory(this.temp.resolve("scratch"));
		List<String> found = new ArrayList<>();
		raw.restoreEach(scratch, (state, where) -> {
			int entries = TestDatabase.entriesIn(state);
			String described = describe(state);
			this.checked++;
			assertThat(committed).as("%s at %s, after %s", replica, where, found).contains(described);
			if (!found.isEmpty()) {
				int before = Integer.parseInt(found.get(found.size() - 1).split(" ")[0]);
				assertThat(entries).as("%s at %s, after %s", replica, where, found).isGreaterThanOrEqualTo(before);
			}
			found.add(described);
		});
		delete(scratch);
		return found.get(found.size() - 1);
	}

	private static String describe(Path database) {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
			return ManyRuns.describe(connection);
		}
		catch (Exception ex) {
			throw new AssertionError(database.toString(), ex);
		}
	}

	private static void delete(Path directory) throws IOException {
		try (var files = Files.walk(directory)) {
			for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
				Files.delete(file);
			}
		}
	}

}

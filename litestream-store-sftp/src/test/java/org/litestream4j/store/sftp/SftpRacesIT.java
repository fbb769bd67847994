package org.litestream4j.store.sftp;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Somebody else makes and removes what a put and a deletion are about, in every order
 * that there is for their first requests. With the real OpenSSH server, which gives the
 * same answer for many reasons.
 */
class SftpRacesIT {

	/** Each put and each deletion has fewer, when nobody disturbs it. */
	private static final int DISTURBED = 8;

	private static OpenSshServer server;

	private static OpenSshServer plain;

	private static SteppedChannel.Connection connection;

	private static SteppedChannel.Connection plainConnection;

	@TempDir
	private Path directory;

	private SftpObjectWriter writer;

	@BeforeAll
	static void connect(@TempDir Path files) throws Exception {
		server = OpenSshServer.start(files.resolve("server"));
		connection = new SteppedChannel.Connection(server);
		plain = OpenSshServer.start(files.resolve("plain"), "-P", "posix-rename,hardlink,fsync,statvfs");
		plainConnection = new SteppedChannel.Connection(plain);
	}

	@AfterAll
	static void disconnect() {
		for (SteppedChannel.Connection open : new SteppedChannel.Connection[] { connection, plainConnection }) {
			if (open != null) {
				open.close();
			}
		}
		for (OpenSshServer open : new OpenSshServer[] { server, plain }) {
			if (open != null) {
				open.close();
			}
		}
	}

	@BeforeEach
	void createWriter() throws Exception {
		Files.createDirectories(place());
		this.writer = new SftpObjectWriter(place().toString(), 0600);
	}

	@ParameterizedTest
	@EnumSource(Kind.class)
	void putSucceedsWhoeverMakesAndRemovesItsDirectory(Kind kind) throws Exception {
		SteppedChannel channel = kind.channel();
		int longest = 0;
		for (int script = 0; script < 1 << DISTURBED; script++) {
			int moves = script;
			channel.meet((step) -> {
				if (step < DISTURBED) {
					makeOrRemove((moves >> step & 1) != 0);
				}
			});
			this.writer.write(channel, kind.object("x/d/a"), (out) -> out.write(1));
			longest = Math.max(longest, channel.steps());
			quiet();
			assertThat(names()).as("script %d", script).containsExactly("x/d/a");
			this.writer.write(channel, NewObject.named("x/d/b").withNeighbors(NewObject.Neighbors.EXPECTED),
					(out) -> out.write(1));
			this.writer.delete(channel, List.of("x/d/a", "x/d/b"));
			assertThat(place()).as("script %d", script).isEmptyDirectory();
		}
		assertThat(longest).as("requests that were disturbed").isGreaterThan(DISTURBED);
	}

	@ParameterizedTest
	@EnumSource(names = { "REPLACED", "RENAMED" })
	void deletionSucceedsWhoeverFillsAndRemovesItsDirectory(Kind kind) throws Exception {
		SteppedChannel channel = kind.channel();
		for (int script = 0; script < 1 << DISTURBED; script++) {
			int moves = script;
			this.writer.write(channel, NewObject.named("x/d/a"), (out) -> out.write(1));
			channel.meet((step) -> {
				if (step < DISTURBED) {
					fillOrEmpty((moves >> step & 1) != 0);
				}
			});
			this.writer.delete(channel, List.of("x/d/a"));
			quiet();
			assertThat(names()).as("script %d", script).doesNotContain("x/d/a");
			fillOrEmpty(false);
			this.writer.write(channel, NewObject.named("x/d/a"), (out) -> out.write(1));
			this.writer.delete(channel, List.of("x/d/a"));
			assertThat(place()).as("script %d", script).isEmptyDirectory();
		}
	}

	/** What was deleted on purpose is not missed. */
	@Test
	void directoryThatADeletionRemovesHasNotVanished() throws Exception {
		SteppedChannel channel = connection.channel();
		this.writer.write(channel, NewObject.named("x/d/a"), (out) -> out.write(1));
		int requests = deletion(channel, Integer.MAX_VALUE);
		for (int step = 0; step <= requests; step++) {
			this.writer.write(channel, NewObject.named("x/d/a"), (out) -> out.write(1));
			deletion(channel, step);
			this.writer.delete(channel, List.of("x/d/b", "x/d/c"));
			assertThat(place()).as("step %d", step).isEmptyDirectory();
		}
	}

	/** Another thread continues, before one of the deletion's requests. */
	private int deletion(SteppedChannel channel, int at) throws IOException {
		try (SteppedChannel.Connection second = new SteppedChannel.Connection(server)) {
			channel.meet((step) -> {
				if (step == at) {
					this.writer.write(second.channel(),
							NewObject.named("x/d/b").withNeighbors(NewObject.Neighbors.EXPECTED),
							(out) -> out.write(1));
				}
			});
			this.writer.delete(channel, List.of("x/d/a"));
			int requests = channel.steps();
			quiet();
			this.writer.write(channel, NewObject.named("x/d/c").withNeighbors(NewObject.Neighbors.EXPECTED),
					(out) -> out.write(1));
			return requests;
		}
		catch (IOException ex) {
			throw ex;
		}
		catch (Exception ex) {
			throw new IOException(ex);
		}
	}

	@ParameterizedTest
	@EnumSource(names = "LINKED")
	void putIfAbsentStoresOrSaysThatItIsThere(Kind kind) throws Exception {
		SteppedChannel channel = kind.channel();
		int stored = 0;
		for (int script = 0; script < 1 << DISTURBED; script++) {
			int moves = script;
			channel.meet((step) -> {
				if (step < DISTURBED) {
					takeOrFree((moves >> step & 1) != 0);
				}
			});
			boolean refused = false;
			try {
				this.writer.write(channel, kind.object("x/d/a"), (out) -> out.write(new byte[] { 1, 2 }));
				stored++;
			}
			catch (PreconditionFailedException ex) {
				refused = true;
			}
			quiet();
			assertThat(names()).as("no draft is left by script %d", script).isSubsetOf("x/d/a");
			if (!refused && Files.exists(place().resolve("x/d/a"))) {
				assertThat(Files.size(place().resolve("x/d/a"))).as("script %d", script).isEqualTo(2);
			}
			this.writer.delete(channel, List.of("x/d/a"));
		}
		assertThat(stored).isBetween(1, (1 << DISTURBED) - 1);
	}

	@ParameterizedTest
	@EnumSource(names = { "REPLACED", "RENAMED" })
	void putReplacesWhoeverMakesAndDeletesTheObject(Kind kind) throws Exception {
		SteppedChannel channel = kind.channel();
		for (int script = 0; script < 1 << DISTURBED; script++) {
			int moves = script;
			channel.meet((step) -> {
				if (step < DISTURBED) {
					takeOrFree((moves >> step & 1) != 0);
				}
			});
			this.writer.write(channel, kind.object("x/d/a"), (out) -> out.write(new byte[] { 1, 2 }));
			quiet();
			assertThat(names()).as("no draft is left by script %d", script).isSubsetOf("x/d/a");
			this.writer.delete(channel, List.of("x/d/a"));
		}
	}

	private void quiet() {
		for (SteppedChannel.Connection open : List.of(connection, plainConnection)) {
			open.channel().meet((step) -> {
			});
		}
	}

	/** As another who stores, and one who deletes the last object. */
	private void makeOrRemove(boolean make) throws IOException {
		Path inner = place().resolve("x/d");
		if (make) {
			Files.createDirectories(inner);
		}
		else {
			removeIfEmpty(inner);
			removeIfEmpty(place().resolve("x"));
		}
	}

	private void fillOrEmpty(boolean fill) throws IOException {
		Path inner = place().resolve("x/d");
		if (fill) {
			Files.createDirectories(inner);
			Files.write(inner.resolve("other"), new byte[1]);
		}
		else {
			Files.deleteIfExists(inner.resolve("other"));
			makeOrRemove(false);
		}
	}

	private void takeOrFree(boolean take) throws IOException {
		Path object = place().resolve("x/d/a");
		if (!take) {
			Files.deleteIfExists(object);
		}
		else if (!Files.exists(object)) {
			Files.createDirectories(place().resolve("x/d"));
			Files.write(object, new byte[1], StandardOpenOption.CREATE_NEW);
		}
	}

	private static void removeIfEmpty(Path path) throws IOException {
		try {
			Files.deleteIfExists(path);
		}
		catch (DirectoryNotEmptyException ex) {
			// somebody stores something there
		}
	}

	private List<String> names() throws IOException {
		try (Stream<Path> paths = Files.walk(place())) {
			return paths.filter(Files::isRegularFile).map((path) -> place().relativize(path).toString()).toList();
		}
	}

	private Path place() {
		return this.directory.resolve("replica");
	}

	/** How an object gets its name. */
	enum Kind {

		REPLACED, LINKED, RENAMED;

		SteppedChannel channel() {
			return ((this == RENAMED) ? plainConnection : connection).channel();
		}

		NewObject object(String name) {
			return (this == LINKED) ? NewObject.named(name).when(Precondition.ABSENT) : NewObject.named(name);
		}

	}

}

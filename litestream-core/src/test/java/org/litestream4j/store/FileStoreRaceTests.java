package org.litestream4j.store;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.jspecify.annotations.Nullable;

import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Somebody else makes and removes the directory that a put and a deletion are about, in
 * every order that there is before their first steps.
 */
class FileStoreRaceTests {

	/** Each put and each deletion has fewer, when nobody disturbs it. */
	private static final int DISTURBED = 9;

	@TempDir
	private Path root;

	private final SteppedDisk disk = new SteppedDisk();

	private FileStore store;

	@BeforeEach
	void createStore() {
		this.store = new FileStore(this.root, this.disk);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void putSucceedsWhoeverMakesAndRemovesItsDirectory(boolean absent) throws Exception {
		Precondition precondition = absent ? Precondition.ABSENT : Precondition.NONE;
		for (int script = 0; script < 1 << DISTURBED; script++) {
			meet(script, this::makeOrRemove);
			this.store.put(NewObject.named("x/d/a").when(precondition), (out) -> out.write(1));
			this.disk.meet(null);
			assertThat(names()).as("script %d", script).containsExactly("x/d/a");
			this.store.put(NewObject.named("x/d/b").withNeighbors(NewObject.Neighbors.EXPECTED), (out) -> out.write(1));
			this.store.delete(List.of("x/d/a", "x/d/b"));
			assertThat(this.root.resolve("x")).as("script %d", script).isEmptyDirectory();
		}
	}

	/** It was there when it was to be made, and gone when it was looked at. */
	@Test
	void directoryThatIsRemovedWhileItIsInTheWayIsMadeAgain() throws Exception {
		this.disk.meet((step) -> {
			if (step < 4) {
				throw new FileAlreadyExistsException(this.root.resolve("x/d").toString());
			}
		});
		this.store.put(NewObject.named("x/d/a"), (out) -> out.write(1));
		assertThat(names()).containsExactly("x/d/a");
	}

	@Test
	void deletionSucceedsWhoeverFillsAndRemovesItsDirectory() throws Exception {
		for (int script = 0; script < 1 << DISTURBED; script++) {
			this.store.put(NewObject.named("x/d/a"), (out) -> out.write(1));
			meet(script, this::fillOrEmpty);
			this.store.delete(List.of("x/d/a"));
			this.disk.meet(null);
			fillOrEmpty(false);
			assertThat(names()).as("script %d", script).isEmpty();
		}
	}

	/** What was deleted on purpose is not missed. */
	@Test
	void directoryThatADeletionRemovesHasNotVanished() throws Exception {
		NewObject next = NewObject.named("x/d/b").withNeighbors(NewObject.Neighbors.EXPECTED);
		for (int at = 0; at < DISTURBED; at++) {
			int moment = at;
			this.store.put(NewObject.named("x/d/a"), (out) -> out.write(1));
			this.disk.meet((step) -> {
				if (step == moment) {
					this.store.put(next, (out) -> out.write(1));
				}
			});
			this.store.delete(List.of("x/d/a"));
			this.disk.meet(null);
			this.store.put(next, (out) -> out.write(1));
			assertThat(names()).as("step %d", at).containsExactly("x/d/b");
			this.store.delete(List.of("x/d/b"));
		}
	}

	/** Whoever lists a directory that a deletion removes does not make it missed. */
	@Test
	void directoryThatIsListedWhileADeletionRemovesItHasNotVanished() throws Exception {
		FileStore listing = new FileStore(this.root, SystemDisk.ownerOnly());
		this.store.put(NewObject.named("x/d/a"), (out) -> out.write(1));
		this.store.put(NewObject.named("x/d/b"), (out) -> out.write(1));
		listing.list("x/d", ObjectStore.Depth.DIRECTORY, (object) -> {
			listing.delete(List.of("x/d/a", "x/d/b"));
			return true;
		});
		listing.put(NewObject.named("x/d/c").withNeighbors(NewObject.Neighbors.EXPECTED), (out) -> out.write(1));
		assertThat(names()).containsExactly("x/d/c");
	}

	private void meet(int script, Move move) {
		this.disk.meet((step) -> {
			if (step < DISTURBED) {
				move.make((script >> step & 1) != 0);
			}
		});
	}

	/** As another who stores, and one who deletes the last object. */
	private void makeOrRemove(boolean make) throws IOException {
		Path inner = this.root.resolve("x/d");
		if (make) {
			Files.createDirectories(inner);
		}
		else {
			removeIfEmpty(inner);
			removeIfEmpty(this.root.resolve("x"));
		}
	}

	private void fillOrEmpty(boolean fill) throws IOException {
		Path inner = this.root.resolve("x/d");
		if (fill) {
			Files.createDirectories(inner);
			Files.write(inner.resolve("other"), new byte[1]);
		}
		else {
			Files.deleteIfExists(inner.resolve("other"));
			makeOrRemove(false);
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
		try (Stream<Path> paths = Files.walk(this.root)) {
			return paths.filter(Files::isRegularFile).map((path) -> this.root.relativize(path).toString()).toList();
		}
	}

	private interface Move {

		void make(boolean there) throws IOException;

	}

	private interface Other {

		void act(int step) throws IOException;

	}

	/** Somebody acts before each change, and after a directory was made. */
	private static final class SteppedDisk implements Disk {

		private final Disk disk = SystemDisk.ownerOnly();

		@Nullable private Other other;

		private int steps;

		void meet(@Nullable Other somebody) {
			this.other = somebody;
			this.steps = 0;
		}

		private void step() throws IOException {
			Other somebody = this.other;
			if (somebody == null) {
				return;
			}
			this.other = null; // who acts is not met by itself
			try {
				somebody.act(this.steps++);
			}
			finally {
				this.other = somebody;
			}
		}

		@Override
		public DiskFile create(Path file) throws IOException {
			step();
			return this.disk.create(file);
		}

		@Override
		public DiskFile open(Path file) throws IOException {
			return this.disk.open(file);
		}

		@Override
		public void createDirectories(Path directory) throws IOException {
			step();
			this.disk.createDirectories(directory);
			step();
		}

		@Override
		public void move(Path source, Path target) throws IOException {
			step();
			this.disk.move(source, target);
		}

		@Override
		public void link(Path file, Path name) throws IOException {
			step();
			this.disk.link(file, name);
		}

		@Override
		public void deleteIfExists(Path path) throws IOException {
			step();
			this.disk.deleteIfExists(path);
		}

		@Override
		public void forceDirectory(Path directory) throws IOException {
			step();
			this.disk.forceDirectory(directory);
		}

	}

}

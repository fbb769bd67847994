package org.litestream4j.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link PowerCutDisk}.
 */
class PowerCutDiskTests {

	@TempDir
	private Path directory;

	private Path root;

	private PowerCutDisk disk;

	private int images;

	@BeforeEach
	void open() throws IOException {
		this.root = Files.createDirectory(this.directory.resolve("root"));
		this.disk = new PowerCutDisk(this.root);
	}

	@Test
	void crashImageWhenBytesWereNotForcedHasAnEmptyFile() throws IOException {
		write("a", "text");
		this.disk.forceDirectory(this.root);
		assertThat(image(Survival.nothingUnforced()).resolve("a")).isEmptyFile();
		assertThat(this.root.resolve("a")).hasContent("text");
	}

	@Test
	void crashImageWhenNameWasNotForcedHasNoFile() throws IOException {
		writeAndForce("a", "text");
		assertThat(image(Survival.nothingUnforced()).resolve("a")).doesNotExist();
		assertThat(image(Survival.namesOnly()).resolve("a")).hasContent("text");
	}

	@Test
	void crashImageWhenBothWereForcedHasTheFile() throws IOException {
		writeAndForce("a", "text");
		this.disk.forceDirectory(this.root);
		assertThat(image(Survival.nothingUnforced()).resolve("a")).hasContent("text");
	}

	@Test
	void crashImageWhenEverythingSurvivesEqualsTheRealDirectory() throws IOException {
		this.disk.createDirectories(this.root.resolve("x/y"));
		write("x/y/a", "text");
		write("b", "longer text");
		try (Disk.DiskFile file = this.disk.open(this.root.resolve("b"))) {
			file.truncate(6);
			file.write(10, bytes("!"), 0, 1);
		}
		Path image = image(Survival.everything());
		assertThat(image.resolve("x/y/a")).hasContent("text");
		assertThat(image.resolve("b")).hasContent("longer\0\0\0\0!").hasSameBinaryContentAs(this.root.resolve("b"));
	}

	@Test
	void crashImageWhenDeletionWasNotForcedStillHasTheFile() throws IOException {
		writeAndForce("a", "text");
		this.disk.forceDirectory(this.root);
		this.disk.deleteIfExists(this.root.resolve("a"));
		assertThat(this.root.resolve("a")).doesNotExist();
		assertThat(image(Survival.nothingUnforced()).resolve("a")).hasContent("text");
		this.disk.forceDirectory(this.root);
		assertThat(image(Survival.nothingUnforced()).resolve("a")).doesNotExist();
	}

	@Test
	void crashImageWhenMoveWasNotForcedHasTheOldNames() throws IOException {
		writeAndForce("a", "new");
		writeAndForce("b", "old");
		this.disk.forceDirectory(this.root);
		this.disk.move(this.root.resolve("a"), this.root.resolve("b"));
		Path before = image(Survival.nothingUnforced());
		assertThat(before.resolve("a")).hasContent("new");
		assertThat(before.resolve("b")).hasContent("old");
		this.disk.forceDirectory(this.root);
		Path after = image(Survival.nothingUnforced());
		assertThat(after.resolve("a")).doesNotExist();
		assertThat(after.resolve("b")).hasContent("new");
	}

	@Test
	void crashImageWhenFileMovesToAnotherDirectoryNeedsBothForced() throws IOException {
		this.disk.createDirectories(this.root.resolve("x"));
		writeAndForce("a", "text");
		this.disk.forceDirectory(this.root);
		this.disk.move(this.root.resolve("a"), this.root.resolve("x/a"));
		this.disk.forceDirectory(this.root.resolve("x"));
		assertThat(image(Survival.nothingUnforced()).resolve("a")).hasContent("text");
		assertThat(image(Survival.nothingUnforced()).resolve("x/a")).hasContent("text");
		this.disk.forceDirectory(this.root);
		assertThat(image(Survival.nothingUnforced()).resolve("a")).doesNotExist();
	}

	@Test
	void crashImageWhenDirectoriesWereCreatedHasThem() throws IOException {
		this.disk.createDirectories(this.root.resolve("x/y"));
		assertThat(image(Survival.nothingUnforced()).resolve("x/y")).isEmptyDirectory();
	}

	@Test
	void crashImageWhenRandomTearsWritesAtSectors() throws IOException {
		byte[] old = "o".repeat(2048).getBytes(StandardCharsets.US_ASCII);
		byte[] young = "y".repeat(2048).getBytes(StandardCharsets.US_ASCII);
		Path file = this.root.resolve("a");
		try (Disk.DiskFile open = this.disk.create(file)) {
			open.write(0, old, 0, old.length);
			open.force();
			this.disk.forceDirectory(this.root);
			open.write(100, young, 100, 1500);
		}
		Set<String> seen = new HashSet<>();
		for (long seed = 0; seed < 200; seed++) {
			String content = Files.readString(image(Survival.random(seed)).resolve("a"));
			for (int[] sector : new int[][] { { 0, 100 }, { 100, 512 }, { 512, 1024 }, { 1024, 1536 }, { 1536, 1600 },
					{ 1600, 2048 } }) {
				assertThat(content.substring(sector[0], sector[1])).as("seed %d", seed).matches("o+|y+");
			}
			seen.add(content);
		}
		assertThat(seen).as("2 to the power of 4 written sectors").hasSize(16);
	}

	@Test
	void operationsWhenPowerWasCutThrowAndChangeNothing() throws IOException {
		this.disk.cutAfter(2);
		Path file = this.root.resolve("a");
		try (Disk.DiskFile open = this.disk.create(file)) {
			open.write(0, bytes("a"), 0, 1);
			assertCut(() -> open.write(1, bytes("b"), 0, 1));
			assertCut(open::force);
			assertCut(() -> open.truncate(0));
		}
		assertCut(() -> this.disk.create(this.root.resolve("b")).close());
		assertCut(() -> this.disk.open(file).close());
		assertCut(() -> this.disk.createDirectories(this.root.resolve("c")));
		assertCut(() -> this.disk.move(file, this.root.resolve("d")));
		assertCut(() -> this.disk.deleteIfExists(file));
		assertCut(() -> this.disk.forceDirectory(this.root));
		assertThat(this.root).isDirectoryNotContaining((path) -> !path.equals(file));
		assertThat(file).hasContent("a");
		assertThat(this.disk.operations()).isEqualTo(2);
		assertThat(image(Survival.nothingUnforced())).isEmptyDirectory();
	}

	@Test
	void createWhenDirectoryHasFilesTreatsThemAsForcedButForOpenDatabases() throws IOException {
		Files.createDirectory(this.root.resolve("x"));
		Files.writeString(this.root.resolve("x/a"), "text");
		Files.writeString(this.root.resolve("app.db"), "live");
		Files.writeString(this.root.resolve("app.db-wal"), "live");
		this.disk = new PowerCutDisk(this.root);
		Path image = image(Survival.nothingUnforced());
		assertThat(image.resolve("x/a")).hasContent("text");
		assertThat(image).isDirectoryNotContaining("glob:**app.db*");
	}

	@Test
	void operationsWhenFileIsOutsideAreRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.disk.forceDirectory(this.directory.resolve("elsewhere")));
	}

	@Test
	void afterEachOperationIsCalledBeforeTheNext() throws IOException {
		List<Long> numbers = new ArrayList<>();
		this.disk.afterEachOperation(numbers::add);
		writeAndForce("a", "text");
		this.disk.forceDirectory(this.root);
		assertThat(numbers).containsExactly(1L, 2L, 3L, 4L);
	}

	private void write(String name, String text) throws IOException {
		try (Disk.DiskFile file = this.disk.create(this.root.resolve(name))) {
			file.write(0, bytes(text), 0, bytes(text).length);
		}
	}

	private void writeAndForce(String name, String text) throws IOException {
		try (Disk.DiskFile file = this.disk.create(this.root.resolve(name))) {
			file.write(0, bytes(text), 0, bytes(text).length);
			file.force();
		}
	}

	private Path image(Survival survival) throws IOException {
		Path image = this.directory.resolve("image" + this.images++);
		this.disk.crashImage(image, survival);
		return image;
	}

	private static void assertCut(Operation operation) {
		assertThatExceptionOfType(PowerCutException.class).isThrownBy(operation::run)
			.withMessageContaining("after 2 disk operations");
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private interface Operation {

		void run() throws IOException;

	}

}

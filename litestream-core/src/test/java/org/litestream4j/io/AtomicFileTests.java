package org.litestream4j.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AtomicFile}, and for what {@link PowerCutDisk} notices of worse ways
 * to write a file.
 */
class AtomicFileTests {

	private static final String OLD = "old ".repeat(300);

	private static final String NEW = "new content ".repeat(200);

	private static final int SEEDS = 50;

	@TempDir
	private Path directory;

	private Path root;

	private Path target;

	@BeforeEach
	void writeOld() throws IOException {
		this.root = Files.createDirectory(this.directory.resolve("root"));
		this.target = this.root.resolve("file");
		Files.writeString(this.target, OLD);
	}

	@Test
	void writeWhenDoneHasReplacedTheContentAndLeftNoDraft() throws IOException {
		AtomicFile.write(SystemDisk.ownerOnly(), this.target, bytes(NEW));
		assertThat(this.target).hasContent(NEW);
		assertThat(this.root).isDirectoryNotContaining((path) -> !path.equals(this.target));
	}

	@Test
	void writeWhenDraftIsLeftOverReplacesIt() throws IOException {
		Path draft = this.target.resolveSibling("file" + AtomicFile.DRAFT_SUFFIX);
		Files.writeString(draft, "left over from a crash, and longer than the new content".repeat(100));
		AtomicFile.write(SystemDisk.ownerOnly(), this.target, bytes(NEW));
		assertThat(this.target).hasContent(NEW);
		assertThat(draft).doesNotExist();
	}

	@Test
	void writeWhenPowerIsCutAnywhereHasOldOrNewContent() throws IOException {
		assertThat(contentsAfterCuts(AtomicFile::write)).containsExactlyInAnyOrder(OLD, NEW);
	}

	@Test
	void writeWhenDoneSurvivesThePowerCut() throws IOException {
		PowerCutDisk disk = new PowerCutDisk(this.root);
		AtomicFile.write(disk, this.target, bytes(NEW));
		assertThat(content(disk, Survival.nothingUnforced())).contains(NEW);
	}

	@Test
	void writeWhenBytesAreNotForcedIsCaught() throws IOException {
		assertThat(contentsAfterCuts((disk, file, content) -> {
			Path draft = file.resolveSibling("draft");
			try (Disk.DiskFile open = disk.create(draft)) {
				open.write(0, content, 0, content.length);
			}
			disk.move(draft, file);
			disk.forceDirectory(file.resolveSibling("."));
		})).contains("").hasSizeGreaterThan(2);
	}

	@Test
	void writeWhenFileIsWrittenInPlaceIsCaught() throws IOException {
		assertThat(contentsAfterCuts((disk, file, content) -> {
			try (Disk.DiskFile open = disk.open(file)) {
				open.write(0, content, 0, content.length);
				open.force();
			}
		})).hasSizeGreaterThan(2);
	}

	@Test
	void writeWhenDirectoryIsNotForcedIsCaught() throws IOException {
		PowerCutDisk disk = new PowerCutDisk(this.root);
		Path draft = this.target.resolveSibling("draft");
		try (Disk.DiskFile open = disk.create(draft)) {
			open.write(0, bytes(NEW), 0, bytes(NEW).length);
			open.force();
		}
		disk.move(draft, this.target);
		assertThat(content(disk, Survival.nothingUnforced())).contains(OLD);
	}

	/** What the file can contain after a power cut at any moment of writing it. */
	private Set<String> contentsAfterCuts(Writer writer) throws IOException {
		Set<String> contents = new TreeSet<>();
		boolean wasCut = true;
		for (long operations = 0; wasCut; operations++) {
			Path copy = Files.createTempDirectory(this.directory, "root");
			Path file = copy.resolve("file");
			Files.writeString(file, OLD);
			PowerCutDisk disk = new PowerCutDisk(copy);
			disk.cutAfter(operations);
			wasCut = isCut(writer, disk, file);
			List<Survival> survivals = new ArrayList<>(
					List.of(Survival.nothingUnforced(), Survival.namesOnly(), Survival.everything()));
			for (long seed = 0; seed < SEEDS; seed++) {
				survivals.add(Survival.random(seed));
			}
			for (Survival survival : survivals) {
				contents.add(content(disk, survival).orElse("(missing)"));
			}
		}
		return contents;
	}

	private static boolean isCut(Writer writer, PowerCutDisk disk, Path file) throws IOException {
		try {
			writer.write(disk, file, bytes(NEW));
			return false;
		}
		catch (PowerCutException ex) {
			return true;
		}
	}

	private Optional<String> content(PowerCutDisk disk, Survival survival) throws IOException {
		Path image = Files.createTempDirectory(this.directory, "image");
		disk.crashImage(image, survival);
		Path file = image.resolve("file");
		return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private interface Writer {

		void write(Disk disk, Path file, byte[] content) throws IOException;

	}

}

package org.litestream4j.io;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.testing.DelegatingDisk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/** Tests for {@link NewFile}. */
class NewFileTests {

	@TempDir
	private Path directory;

	private Path draft;

	private Path target;

	@BeforeEach
	void writeDraft() throws IOException {
		this.draft = Files.writeString(this.directory.resolve("draft"), "content");
		this.target = this.directory.resolve("file");
	}

	@Test
	void draftGetsTheName() throws IOException {
		NewFile.publish(SystemDisk.ownerOnly(), this.draft, this.target);
		assertThat(this.target).hasContent("content");
		assertThat(this.draft).doesNotExist();
	}

	@Test
	void nothingIsReplaced() throws IOException {
		Files.writeString(this.target, "another");
		assertThatExceptionOfType(FileAlreadyExistsException.class)
			.isThrownBy(() -> NewFile.publish(SystemDisk.ownerOnly(), this.draft, this.target));
		assertThat(this.target).hasContent("another");
	}

	@Test
	void nameThatIsNotDurableIsTakenAway() {
		assertThatIOException().isThrownBy(() -> NewFile.publish(new DelegatingDisk() {
			@Override
			public void forceDirectory(Path path) throws IOException {
				assertThat(NewFileTests.this.target).exists();
				throw new IOException("the disk is gone");
			}
		}, this.draft, this.target)).withMessage("the disk is gone");
		assertThat(this.directory).isEmptyDirectory();
	}

}

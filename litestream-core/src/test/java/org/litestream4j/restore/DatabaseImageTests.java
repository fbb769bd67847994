package org.litestream4j.restore;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.RestoreProgress;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.v03.StoredSnapshots;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.testing.Seeds;

import static org.assertj.core.api.Assertions.assertThat;

/** Whatever fits into memory, the file is what plain writes to it would have made. */
class DatabaseImageTests {

	@TempDir
	private Path directory;

	static List<Long> seeds() {
		return Seeds.some(60);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void fileIsWhatPlainWritesMake(long seed) throws Exception {
		Random random = new Random(seed);
		int pageSize = 512 << random.nextInt(8);
		byte[] snapshot = new byte[pageSize * (1 + random.nextInt(3 * SnapshotContent.CHUNK / pageSize))];
		random.nextBytes(snapshot);
		ByteBuffer.wrap(snapshot)
			.put("SQLite format 3\0".getBytes(StandardCharsets.US_ASCII))
			.putShort((short) ((pageSize == 65536) ? 1 : pageSize));
		long capacity = random.nextBoolean() ? Long.MAX_VALUE : random.nextInt(20 * pageSize);
		Path path = this.directory.resolve("image");
		byte[] expected = snapshot;
		String sha256;
		try (Disk.DiskFile file = SystemDisk.ownerOnly().create(path)) {
			DatabaseImage image = new DatabaseImage(source(snapshot), file, RestoreSpace.of(this.directory), capacity,
					new RestoreMeter("app", RestoreProgress.NONE, snapshot.length));
			for (int i = random.nextInt(60); i > 0; i--) {
				expected = change(image, expected, pageSize, random);
			}
			sha256 = image.finish(true);
			assertThat(file.size()).isEqualTo(expected.length);
		}
		assertThat(Arrays.mismatch(Files.readAllBytes(path), expected)).isEqualTo(-1);
		assertOnePass(path, sha256, capacity == Long.MAX_VALUE);
	}

	private static void assertOnePass(Path path, @Nullable String sha256, boolean required) throws Exception {
		if (required) {
			assertThat(sha256).isNotNull();
		}
		if (sha256 != null) {
			assertThat(sha256).isEqualTo(FileSha256.of(path));
		}
	}

	/** Writes some pages, or changes the size, in both. */
	private static byte[] change(DatabaseImage image, byte[] file, int pageSize, Random random) throws Exception {
		int most = file.length / pageSize + 10;
		if (random.nextInt(5) == 0) {
			int size = pageSize * (1 + random.nextInt(most));
			image.truncate(size);
			return Arrays.copyOf(file, size);
		}
		int position = pageSize * random.nextInt(most);
		byte[] pages = new byte[pageSize * (1 + random.nextInt(4))];
		random.nextBytes(pages);
		image.write(position, pages, 0, pages.length);
		byte[] changed = Arrays.copyOf(file, Math.max(file.length, position + pages.length));
		System.arraycopy(pages, 0, changed, position, pages.length);
		return changed;
	}

	private static SnapshotContent source(byte[] bytes) throws Exception {
		Generation generation = Generation.random();
		byte[] stored = ReplicaWriter.compress(bytes);
		return StoredSnapshots.open(new Snapshot(generation, 0, stored.length, Instant.EPOCH), stored);
	}

}

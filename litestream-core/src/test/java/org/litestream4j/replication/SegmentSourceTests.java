package org.litestream4j.replication;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Lz4;
import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.SegmentSource;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.sqlite.WalTail;

import static org.assertj.core.api.Assertions.assertThat;

class SegmentSourceTests {

	@TempDir
	private Path temp;

	@Test
	void largePieceIsCutBehindACommit() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			rig.database().commit();
			for (int i = 0; i < 9; i++) {
				rig.database().commit(100_000);
			}
			rig.shadower().step();
			ShadowWal shadow = rig.shadower().shadowWal();
			WalPosition end = rig.position();
			byte[] wal = Files.readAllBytes(Path.of(rig.database().path() + "-wal"));
			WalPosition at = end.at(0);
			int segments = 0;
			while (end.isAfter(at)) {
				SegmentSource segment = SegmentSource.next(shadow, at, end.offset(), 300_000);
				byte[] content = content(segment);
				assertThat(content).hasSize((int) segment.length())
					.isEqualTo(Arrays.copyOfRange(wal, (int) at.offset(), (int) segment.end()));
				assertThat(WalTail.scan(new ByteArrayInputStream(wal, 0, (int) segment.end()), "wal").endsWithCommit())
					.isTrue();
				assertThat(segment.length()).isGreaterThanOrEqualTo(Math.min(300_000, end.offset() - at.offset()))
					.isLessThan(300_000 + 230_000);
				at = at.at(segment.end());
				segments++;
			}
			assertThat(segments).isGreaterThan(3);
		}
	}

	@Test
	void smallPieceIsOneSegment() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			rig.commitAndCopy(5);
			SegmentSource segment = SegmentSource.next(rig.shadower().shadowWal(), rig.position().at(0),
					rig.position().offset());
			assertThat(segment.end()).isEqualTo(rig.position().offset());
			assertThat(content(segment)).isEqualTo(content(segment));
		}
	}

	private static byte[] content(SegmentSource segment) throws IOException {
		ByteArrayOutputStream stored = new ByteArrayOutputStream();
		segment.writeTo(stored, ObjectCodec.LZ4, null);
		try (InputStream in = Lz4.decompress(new ByteArrayInputStream(stored.toByteArray()))) {
			return in.readAllBytes();
		}
	}

}

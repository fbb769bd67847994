package org.litestream4j.format;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * An object without content is whole, and one that was cut short never is taken for one.
 */
class ObjectCodecTests {

	private static final ObjectNote NOTE = new ObjectNote(Instant.parse("2026-11-22T12:00:00Z"), null);

	private static final byte[] CONTENT = "abc".getBytes(StandardCharsets.US_ASCII);

	@Test
	void objectWithoutContentIsWhole() throws IOException {
		assertThat(decode(ObjectCodec.LZ4.decoder(), object(NOTE, new byte[0]))).isEmpty();
		assertThat(decode(ObjectCodec.LZ4.decoder(), object(null, new byte[0]))).isEmpty();
	}

	@Test
	void objectThatWasCutShortAnywhereIsDamaged() throws IOException {
		for (ObjectNote note : new @Nullable ObjectNote[] { NOTE, null }) {
			for (byte[] content : new byte[][] { CONTENT, new byte[0] }) {
				byte[] whole = object(note, content);
				for (int length = 0; length < whole.length; length++) {
					byte[] part = Arrays.copyOf(whole, length);
					ObjectCodec.Decoder used = ObjectCodec.LZ4.decoder();
					assertThat(decode(used, object(NOTE, CONTENT))).isEqualTo(CONTENT);
					assertThat(decode(used, object(NOTE, new byte[0]))).isEmpty();
					assertThatIOException().as("%d of %d bytes", length, whole.length)
						.isThrownBy(() -> decode(used, part));
					assertThatIOException().as("%d of %d bytes, first", length, whole.length)
						.isThrownBy(() -> decode(ObjectCodec.LZ4.decoder(), part));
				}
			}
		}
	}

	private static byte[] object(@Nullable ObjectNote note, byte[] content) throws IOException {
		ByteArrayOutputStream stored = new ByteArrayOutputStream();
		try (OutputStream encoded = ObjectCodec.LZ4.encode(stored, note, content.length)) {
			encoded.write(content);
		}
		return stored.toByteArray();
	}

	private static byte[] decode(ObjectCodec.Decoder decoder, byte[] stored) throws IOException {
		return decoder.decode(new ByteArrayInputStream(stored)).readAllBytes();
	}

}

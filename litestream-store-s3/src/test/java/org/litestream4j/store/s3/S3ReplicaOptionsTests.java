package org.litestream4j.store.s3;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class S3ReplicaOptionsTests {

	@ParameterizedTest
	@ValueSource(strings = { "AES256", "aws:kms", "aws:kms:dsse" })
	void encryptionIsOneOfThree(String encryption) {
		assertThat(encrypted(encryption, null, null).serverSideEncryption()).isEqualTo(encryption);
	}

	@Test
	void unknownEncryptionIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> encrypted("aes", null, null))
			.withMessage("server-side-encryption is 'aes': AES256, aws:kms or aws:kms:dsse is expected");
	}

	@Test
	void keyWithoutKmsIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> encrypted("AES256", "alias/x", null))
			.withMessageContaining("kms-key-id is given");
		assertThatIllegalArgumentException().isThrownBy(() -> encrypted(null, null, true))
			.withMessageContaining("bucket-key-enabled is given");
	}

	@ParameterizedTest
	@ValueSource(strings = { "GLACIER", "DEEP_ARCHIVE" })
	void archiveForSnapshotsIsRefused(String storageClass) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new S3ReplicaOptions(null, null, null, storageClass, Map.of(), 8 << 20))
			.withMessageContaining("hours of thawing");
	}

	@Test
	void partSizeIsBetweenFiveMegabytesAndOneGigabyte() {
		assertThat(parts(5 << 20).partSize()).isEqualTo(5 << 20);
		assertThat(parts(1 << 30).partSize()).isEqualTo(1 << 30);
		assertThatIllegalArgumentException().isThrownBy(() -> parts((5 << 20) - 1));
		assertThatIllegalArgumentException().isThrownBy(() -> parts((1 << 30) + 1));
	}

	@Test
	void moreThanTenTagsAreRefused() {
		Map<String, String> tags = IntStream.range(0, 11)
			.mapToObj((i) -> "tag" + i)
			.collect(Collectors.toMap(Function.identity(), Function.identity()));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new S3ReplicaOptions(null, null, null, null, tags, 8 << 20))
			.withMessage("tags has 11 entries: 10 at most are allowed");
	}

	private static S3ReplicaOptions encrypted(@Nullable String encryption, @Nullable String key,
			@Nullable Boolean bucketKey) {
		return new S3ReplicaOptions(encryption, key, bucketKey, null, Map.of(), 8 << 20);
	}

	private static S3ReplicaOptions parts(long size) {
		return new S3ReplicaOptions(null, null, null, null, Map.of(), size);
	}

}

package org.litestream4j.store.s3;

import java.io.IOException;
import java.time.Instant;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/** Tests for {@link S3PlainPage}. */
class S3PlainPageTests {

	private static final String HEAD = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";

	private static S3PlainPage parse(String inside) throws IOException {
		return S3PlainPage.parse(HEAD + inside + "</ListBucketResult>\n", "app/");
	}

	@Test
	void objectsAndDirectoriesAreRead() throws IOException {
		S3PlainPage page = parse("""
				<Name>bucket</Name><Prefix>app/</Prefix><Delimiter>/</Delimiter>
				<IsTruncated>true</IsTruncated>
				<NextContinuationToken>a&amp;b=</NextContinuationToken><KeyCount>3</KeyCount>
				<Contents>
				  <Key>app/x&lt;y&#x263a;</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified>
				  <ETag>&quot;tag&quot;</ETag><Size>42</Size><Owner><ID>1</ID><DisplayName/></Owner>
				  <StorageClass>STANDARD</StorageClass>
				</Contents>
				<Contents><Key>app/z</Key><Size>0</Size><LastModified>2026-01-02T03:04:05Z</LastModified></Contents>
				<CommonPrefixes><Prefix>app/0000/</Prefix></CommonPrefixes>
				""");
		Instant modified = Instant.parse("2026-01-02T03:04:05.678Z");
		assertThat(page.objects()).containsExactly(new S3PlainPage.Found("app/x<y\u263a", 42, modified, "\"tag\""),
				new S3PlainPage.Found("app/z", 0, modified.minusMillis(678), null));
		assertThat(page.directories()).containsExactly("app/0000/");
		assertThat(page.next()).isEqualTo("a&b=");
	}

	@Test
	void keysAreDecodedWhereTheListingSaysThatTheyAreEncoded() throws IOException {
		String keys = "<Contents><Key>app/a%2Bb+c</Key><Size>1</Size><LastModified>2026-01-02T03:04:05Z</LastModified></Contents>";
		String head = "<Name>b</Name><Prefix>app%2F</Prefix><IsTruncated>false</IsTruncated>";
		assertThat(parse("<EncodingType>url</EncodingType>" + head + keys).objects().get(0).key())
			.isEqualTo("app/a+b c");
		assertThat(parse(head.replace("%2F", "/") + keys).objects().get(0).key()).isEqualTo("app/a%2Bb+c");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "<Name>b</Name>", "<IsTruncated>false</IsTruncated>",
			"<Name>b</Name><IsTruncated>maybe</IsTruncated>", "<Name>b</Name><IsTruncated>true</IsTruncated>",
			"<Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken/>",
			"<Name>b</Name><Prefix>other/</Prefix><IsTruncated>false</IsTruncated>",
			"<Name>b</Name><IsTruncated>false</IsTruncated><Contents><Key>app/a</Key><Size>1</Size></Contents>",
			"<Name>b</Name><IsTruncated>false</IsTruncated><Contents><Key>app/a</Key><Size>-1</Size><LastModified>2026-01-02T03:04:05Z</LastModified></Contents>",
			"<Name>b</Name><IsTruncated>false</IsTruncated><Contents><Key>app/a</Key><Size>1</Size><LastModified>today</LastModified></Contents>",
			"<Name>b</Name><IsTruncated>false</IsTruncated><CommonPrefixes></CommonPrefixes>",
			"<Name>b</Name><IsTruncated>false</IsTruncated><!-- more -->",
			"<Name><![CDATA[b]]></Name><IsTruncated>false</IsTruncated>",
			"<Name>&b;</Name><IsTruncated>false</IsTruncated>",
			"<Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult><More>",
			"<s3:Name>b</s3:Name><IsTruncated>false</IsTruncated>", "<Name>b</Name><IsTruncated>false" })
	void whatIsNotUnderstoodIsRefused(String inside) {
		assertThatIOException().isThrownBy(() -> parse(inside));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "<html></html>", "<Error><Code>NoSuchBucket</Code></Error>",
			"<!DOCTYPE a [<!ENTITY b 'c'>]><ListBucketResult><Name>&b;</Name><IsTruncated>false</IsTruncated></ListBucketResult>" })
	void whatIsNoListingIsRefused(String text) {
		assertThatIOException().isThrownBy(() -> S3PlainPage.parse(text, "app/"));
	}

	@Test
	void elementsThatAreTooDeepAreRefused() {
		assertThatIOException().isThrownBy(() -> parse("<a>".repeat(1_000_000)))
			.withMessage("XML that is not understood");
	}

}

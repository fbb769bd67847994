package org.litestream4j.store.s3;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Error;

/**
 * Deletes objects in batches. An object that the store keeps by Object Lock or a
 * retention rule of the bucket is no failure: it is left, and will be tried again.
 * Thread-safe.
 */
final class S3Deletion {

	private static final Logger logger = LoggerFactory.getLogger(S3Deletion.class);

	private static final int BATCH = 1000;

	private static final Set<String> NO_BATCHES = Set.of("NotImplemented", "MethodNotAllowed", "MissingContentMD5");

	private final S3Client client;

	private final S3Location location;

	private final S3Requests requests;

	private final S3Errors errors;

	S3Deletion(S3Client client, S3Location location, S3Requests requests, S3Errors errors) {
		this.client = client;
		this.location = location;
		this.requests = requests;
		this.errors = errors;
	}

	/**
	 * Deletes objects in the order given.
	 * @param names below the replica's path
	 * @throws IOException for the first batch in which something could not be deleted
	 */
	void delete(List<String> names) throws IOException {
		for (int from = 0; from < names.size(); from += BATCH) {
			deleteBatch(names.subList(from, Math.min(names.size(), from + BATCH)));
		}
	}

	private void deleteBatch(List<String> names) throws IOException {
		List<S3Error> failures;
		try {
			failures = this.client.deleteObjects(this.requests.delete(names)).errors();
		}
		catch (AwsServiceException ex) {
			if (!NO_BATCHES.contains(S3Errors.code(ex))) {
				throw this.errors.translate(S3Action.DELETE, describe(names), ex);
			}
			deleteOneByOne(names);
			return;
		}
		catch (SdkException ex) {
			throw this.errors.translate(S3Action.DELETE, describe(names), ex);
		}
		report(failures, names.size());
	}

	private void deleteOneByOne(List<String> names) throws IOException {
		for (String name : names) {
			this.errors.call(S3Action.DELETE, name, () -> this.client.deleteObject(this.requests.delete(name)));
		}
	}

	private void report(List<S3Error> answers, int size) throws IOException {
		List<S3Error> failures = answers.stream().filter((error) -> !"NoSuchKey".equals(error.code())).toList();
		List<S3Error> refused = failures.stream().filter((error) -> !isKept(error)).toList();
		if (!refused.isEmpty()) {
			S3Error first = refused.get(0);
			throw new IOException(
					"cannot delete %d of %d objects of replica %s, the first is %s: %s; allow s3:DeleteObject on"
						.formatted(refused.size(), size, this.location.url(), S3Errors.words(first.key()),
								S3Errors.words(first.code() + " " + first.message()))
							+ " arn:aws:s3:::%s/%s* to the credentials in use".formatted(this.location.bucket(),
									this.location.prefix()));
		}
		if (!failures.isEmpty()) {
			logger.info("replica {}: {} of {} expired objects are kept by the bucket's object lock or retention rule;"
					+ " the next retention check tries again", this.location.url(), failures.size(), size);
		}
	}

	/**
	 * On AWS a delete never meets a lock, as it only hides the version. Stores without
	 * versions refuse, each in its own words.
	 */
	private static boolean isKept(S3Error error) {
		String text = (error.code() + " " + error.message()).toLowerCase(Locale.ROOT);
		return text.contains("lock") || text.contains("retention") || text.contains("worm") || text.contains("immutab")
				|| text.contains("legal hold");
	}

	private static String describe(List<String> names) {
		return (names.size() == 1) ? names.get(0) : "%d objects from %s on".formatted(names.size(), names.get(0));
	}

}

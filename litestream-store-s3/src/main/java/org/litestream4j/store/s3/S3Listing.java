package org.litestream4j.store.s3;

import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.ObjectStore.ObjectVisitor;
import org.litestream4j.store.StoredObject;

/**
 * Lists a directory of a replica, page by page, in whatever order the store has.
 * Thread-safe.
 */
final class S3Listing {

	/** Pages in a row without anything in them: a store may skip what is deleted. */
	private static final int MAX_EMPTY = 1000;

	/** 20 million objects; a month of constant writing makes 2.6 million. */
	private static final int MAX_PAGES = 20_000;

	/** Of a tree; the others are as large as the store has them. */
	private static final int FIRST_PAGE = 100;

	private final S3Client client;

	private final S3Location location;

	private final AwsRequestOverrideConfiguration override;

	private final S3Errors errors;

	S3Listing(S3Client client, S3Location location, AwsRequestOverrideConfiguration override, S3Errors errors) {
		this.client = client;
		this.location = location;
		this.override = override;
		this.errors = errors;
	}

	/**
	 * The objects in a directory.
	 * @param directory below the replica's path; empty for that itself
	 * @param depth whether those of directories below it are meant as well
	 * @param visitor may end the listing
	 */
	void objects(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		objects(directory, depth, null, visitor);
	}

	/**
	 * The objects in a directory, from some page on.
	 * @param directory below the replica's path; empty for that itself
	 * @param depth whether those of directories below it are meant as well
	 * @param from where the page before said that the listing goes on; null for its
	 * beginning
	 * @param visitor may end the listing
	 */
	void objects(String directory, Depth depth, @Nullable String from, ObjectVisitor visitor) throws IOException {
		String prefix = prefix(directory);
		// Who walks a tree often wants to know only whether there is anything in it
		ListObjectsV2Request.Builder request = (depth == Depth.TREE) ? request(prefix).maxKeys(FIRST_PAGE)
				: flat(prefix);
		pages(directory, request, from, (page) -> {
			request.maxKeys(null);
			for (S3Object object : page.contents()) {
				String key = key(directory, object);
				if (key.startsWith(prefix) && S3Names.isName(key.substring(prefix.length()))
						&& !visitor.visit(stored(directory, object))) {
					return false;
				}
			}
			return true;
		});
	}

	private StoredObject stored(String directory, S3Object object) throws IOException {
		boolean sized = object.size() != null && object.size() >= 0;
		if (!sized || object.lastModified() == null) {
			throw odd(directory, "a listing in which %s has no %s".formatted(S3Errors.words(object.key()),
					sized ? "LastModified" : "Size of at least 0"));
		}
		return new StoredObject(object.key().substring(this.location.prefix().length()), object.size(),
				object.lastModified(), object.eTag());
	}

	/** The names of the directories directly in a directory. */
	Set<String> directories(String directory) throws IOException {
		String prefix = prefix(directory);
		Set<String> names = new LinkedHashSet<>();
		pages(directory, flat(prefix), null, (page) -> {
			for (CommonPrefix common : page.commonPrefixes()) {
				String path = (common.prefix() != null) ? common.prefix() : "";
				if (!path.startsWith(prefix)) {
					throw odd(directory, "a listing with a common prefix '%s', where '%s...' was asked for"
						.formatted(S3Errors.words(path), prefix));
				}
				String name = path.substring(prefix.length());
				names.add(name.endsWith("/") ? name.substring(0, name.length() - 1) : name);
			}
			return true;
		});
		names.removeIf((name) -> !S3Names.isName(name));
		return names;
	}

	private String prefix(String directory) {
		return directory.isEmpty() ? this.location.prefix() : this.location.key(directory) + "/";
	}

	private IOException odd(String name, String answer) {
		return this.errors.translate(S3Action.LIST, name, new S3AnswerException(answer));
	}

	private String key(String directory, S3Object object) throws IOException {
		if (object.key() == null) {
			throw odd(directory, "a listing with an object without a Key");
		}
		return object.key();
	}

	/**
	 * Visits pages as long as the visitor wants more. Never more than one is held.
	 */
	private void pages(String directory, ListObjectsV2Request.Builder request, @Nullable String begin,
			PageVisitor visitor) throws IOException {
		Set<String> tokens = new HashSet<>();
		int empty = 0;
		String token = begin;
		do {
			String from = token;
			ListObjectsV2Response page = this.errors.call(S3Action.LIST, directory, () -> {
				ListObjectsV2Response answer = this.client.listObjectsV2(request.continuationToken(from).build());
				requireAsked(request.build(), answer);
				return answer;
			});
			if (!visitor.visit(page)) {
				return;
			}
			token = this.errors.call(S3Action.LIST, directory, () -> next(page));
			empty = (page.contents().isEmpty() && page.commonPrefixes().isEmpty()) ? empty + 1 : 0;
			if (token != null && (!tokens.add(token) || empty > MAX_EMPTY || tokens.size() > MAX_PAGES)) {
				throw odd(directory, "pages of a listing that go in a circle, or have no end");
			}
		}
		while (token != null);
	}

	/** A cache that overlooks what was asked for answers with another listing. */
	private static void requireAsked(ListObjectsV2Request request, ListObjectsV2Response page) {
		if (page.name() == null || page.isTruncated() == null) {
			throw new S3AnswerException("no listing");
		}
		String prefix = page.prefix();
		if (prefix != null && !prefix.isEmpty() && !prefix.equals(request.prefix())) {
			throw new S3AnswerException(
					"a listing of '%s', where '%s' was asked for".formatted(S3Errors.words(prefix), request.prefix()));
		}
	}

	private static @Nullable String next(ListObjectsV2Response page) {
		if (!page.isTruncated()) {
			return null;
		}
		String token = page.nextContinuationToken();
		if (token == null || token.isEmpty()) {
			throw new S3AnswerException("a listing that says it goes on, but not where (NextContinuationToken)");
		}
		return token;
	}

	private ListObjectsV2Request.Builder request(String prefix) {
		return ListObjectsV2Request.builder()
			.bucket(this.location.bucket())
			.prefix(prefix)
			.overrideConfiguration(this.override);
	}

	/* The delimiter keeps foreign keys in deeper directories out of the pages. */
	private ListObjectsV2Request.Builder flat(String prefix) {
		return request(prefix).delimiter("/");
	}

	/** Sees each page of a listing. */
	private interface PageVisitor {

		/** Returns whether to go on. */
		boolean visit(ListObjectsV2Response page) throws IOException;

	}

}

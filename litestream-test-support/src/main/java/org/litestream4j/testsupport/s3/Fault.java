package org.litestream4j.testsupport.s3;

import java.time.Duration;

/** A way in which the server misbehaves towards one request. */
public sealed interface Fault {

	/** 503 as a store answers that wants to be asked less often. */
	Fault SLOW_DOWN = Answer.error(503, "SlowDown", "Please reduce your request rate.");

	/** 500. */
	Fault INTERNAL_ERROR = Answer.error(500, "InternalError", "We encountered an internal error. Please try again.");

	/** 403 as for a user without the permission. */
	Fault ACCESS_DENIED = Answer.error(403, "AccessDenied", "Access Denied");

	/** 403 as for a client whose clock is wrong. */
	Fault CLOCK_SKEW = Answer.error(403, "RequestTimeTooSkewed",
			"The difference between the request time and the current time is too large.");

	/** The answer comes late, and is right. */
	record Delay(Duration duration) implements Fault {
	}

	/** Something else comes instead, with an ETag; the request has no effect. */
	record Answer(int status, String body) implements Fault {

		/** An S3 error. */
		public static Answer error(int status, String code, String message) {
			return new Answer(status, """
					<?xml version="1.0" encoding="UTF-8"?>
					<Error><Code>%s</Code><Message>%s</Message><RequestId>TEST</RequestId></Error>""".formatted(code,
					message));
		}

	}

	/**
	 * The connection is reset once so many bytes of the request's body have passed; none
	 * of it takes effect.
	 */
	record ResetUpload(long afterBytes) implements Fault {
	}

	/** The request takes effect, and then the connection is reset before the answer. */
	record LoseAnswer() implements Fault {
	}

	/** The connection is reset once so many bytes of the answer's body have passed. */
	record ResetDownload(long afterBytes) implements Fault {
	}

	/** The connection is closed in good order, but too early. */
	record TruncateDownload(long afterBytes) implements Fault {
	}

}

package org.litestream4j.testsupport.s3;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

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

	/** 409 as a store answers that cannot decide a condition now. */
	Fault CONFLICT = Answer.error(409, "ConditionalRequestConflict",
			"The conditional request cannot succeed due to a conflicting operation against this resource.");

	/** The request arrives late, and so does its answer. */
	record Delay(Duration duration) implements Fault {
	}

	/**
	 * So many requests wait for each other, which is no fault of the server: it shows
	 * that a client makes them at once. Whoever waits for a minute goes on alone.
	 */
	record Meeting(CountDownLatch absent) implements Fault {

		private static final Duration PATIENCE = Duration.ofMinutes(1);

		public Meeting(int requests) {
			this(new CountDownLatch(requests));
		}

		void attend() throws InterruptedException {
			this.absent.countDown();
			this.absent.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
		}

		/** Whether all were there, while the first ones still waited. */
		public boolean hasTakenPlace() {
			return this.absent.getCount() == 0;
		}

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

	/** The request takes effect at once, and its answer comes late. */
	record LateAnswer(Duration duration) implements Fault {
	}

	/**
	 * The connection is reset, and the request takes effect only later, when its sender
	 * has given it up, has tried again, or is dead.
	 */
	record LateEffect(Duration duration) implements Fault {
	}

	/** The connection is reset once so many bytes of the answer's body have passed. */
	record ResetDownload(long afterBytes) implements Fault {
	}

	/** The connection is closed in good order, but too early. */
	record TruncateDownload(long afterBytes) implements Fault {
	}

}

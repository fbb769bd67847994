package org.litestream4j.sample;

import java.util.Map;
import java.util.Objects;

import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;

/**
 * Answers what this application's own controller refuses with
 * <code>{"error": "one sentence"}</code>. The actuator's endpoints answer for themselves.
 */
@RestControllerAdvice(assignableTypes = NoteController.class)
class RefusedAdvice {

	@ExceptionHandler
	ResponseEntity<Map<String, String>> refused(RefusedException ex) {
		return answer(ex.status(), Objects.requireNonNull(ex.getMessage()));
	}

	@ExceptionHandler
	ResponseEntity<Map<String, String>> unreadable(HttpMessageNotReadableException ex) {
		return answer(HttpStatus.BAD_REQUEST, "The body is not readable: send JSON such as {\"text\": \"Buy milk\"}.");
	}

	@ExceptionHandler
	ResponseEntity<Map<String, String>> mismatch(MethodArgumentTypeMismatchException ex) {
		return answer(HttpStatus.BAD_REQUEST,
				"The %s \"%s\" is not a whole number.".formatted(ex.getName(), ex.getValue()));
	}

	private static ResponseEntity<Map<String, String>> answer(HttpStatus status, String sentence) {
		return ResponseEntity.status(status).body(Map.of("error", sentence));
	}

}

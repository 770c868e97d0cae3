import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Answers requests, one a line, from standard input to standard output, as `enterprise-credentials oracle` does: the C
 * library through JNA.
 */
final class Pipe {
    /** The functions of enterprise_credentials.h. An oracle is a number, and a size_t a long on 64 bits. */
    interface C extends Library {
        int ec_abi_version();

        long ec_oracle_new();

        int ec_oracle_free(long oracle);

        Pointer ec_oracle_call(long oracle, byte[] request, long length, Pointer answerLength);

        int ec_answer_free(Pointer answer);

        long ec_live();
    }

    private static final int ABI_VERSION = 1;
    private static final C LIBRARY = Native.load("enterprise_credentials", C.class);

    private static String call(long oracle, String request) {
        byte[] bytes = request.getBytes(StandardCharsets.UTF_8);
        Pointer answer = LIBRARY.ec_oracle_call(oracle, bytes, bytes.length, null);
        try {
            return answer.getString(0, "UTF-8");
        } finally {
            LIBRARY.ec_answer_free(answer);
        }
    }

    public static void main(String[] arguments) throws IOException {
        if (LIBRARY.ec_abi_version() != ABI_VERSION) {
            throw new IllegalStateException("the library has another version than " + ABI_VERSION);
        }
        long oracle = LIBRARY.ec_oracle_new();
        var requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String request; (request = requests.readLine()) != null; ) {
            answers.println(call(oracle, request));
        }
        LIBRARY.ec_oracle_free(oracle);
        if (LIBRARY.ec_live() != 0) {
            throw new IllegalStateException("an oracle or an answer was not freed");
        }
    }
}

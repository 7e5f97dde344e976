namespace Fleet.Core.Errors;

/// <summary>Why a test cannot make or move a virtual reader.</summary>
public static class TestErrors
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        new("NOT_TESTABLE", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.NotTestable,
            Sentence = "This reader is no virtual device that a test can move.",
            Till = "Use another reader.",
            Operator = "'fleet test create' makes readers for tests.",
            Developer = "Make a reader with `TestReaders.Create`, or connect a device that says `helpers`.",
        },
        new("TEST_REFUSED", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.TestRefused,
            Sentence = "{why}.",
            Till = "See what the reader shows.",
            Operator = "'fleet test state READER' says what the reader shows.",
            Developer = "Read the state of the reader: its screen says what a customer can do now.",
        },
        new("TOO_MANY_TEST_READERS", 429, "too-many-requests", "Too Many Requests", RpcCode.ResourceExhausted)
        {
            Refusal = RefusalCode.TooManyTestReaders,
            Sentence = "This node has 1,000 test readers, and makes no more.",
            Till = "Use a reader that is there.",
            Operator = "'fleet readers unpair READER' removes a test reader that is not needed any more.",
            Developer = "Unpair readers of earlier tests; an unpaired test reader is gone.",
        },
    ];
}

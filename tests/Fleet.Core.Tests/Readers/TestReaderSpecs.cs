namespace Fleet.Core.Tests;

public sealed class TestReaderSpecs
{
    [Fact]
    public void A_node_makes_no_more_than_a_thousand_test_readers()
    {
        Assert.Null(TestReaderRules.AddReaders(900, 100));
        Assert.Equal(RefusalCode.TooManyTestReaders, TestReaderRules.AddReaders(901, 100)?.Code);
    }

    [Fact]
    public void A_device_that_does_not_obey_tests_is_not_moved()
    {
        Assert.Null(TestReaderRules.JudgeAnswer(obeysTests: true, refused: null));
        Assert.Equal(RefusalCode.NotTestable, TestReaderRules.JudgeAnswer(obeysTests: false, refused: null)?.Code);
    }

    [Fact]
    public void A_refused_wish_is_told_in_words_of_the_device()
    {
        var refusal = TestReaderRules.JudgeAnswer(obeysTests: true, "There is no card in the device.");
        Assert.Equal((RefusalCode.TestRefused, "There is no card in the device"), (refusal?.Code, refusal?.Why));
    }
}

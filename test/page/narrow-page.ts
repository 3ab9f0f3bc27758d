import type { Page } from 'playwright-core';

/** What has to be scrolled sideways to be read: the page itself, or a part of it. */
export function scrolledSideways(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('.items-scroll, .stacked, .foreign')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ className, scrollWidth, clientWidth }) => `${className}: ${scrollWidth} of ${clientWidth}`),
  );
}

/** Names of models that a line break cuts within a word; what would act has words that are longer than a line. */
export function brokenNames(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const range = document.createRange();
    return [...document.querySelectorAll('.model bdi')].flatMap((element) => {
      const name = element.textContent;
      const tops = Array.from(element.childNodes).flatMap((node) =>
        Array.from({ length: node instanceof Text ? node.data.length : 0 }, (_, index) => {
          range.setStart(node, index);
          range.setEnd(node, index + 1);
          return range.getBoundingClientRect().top;
        }),
      );
      const isCut = tops.some(
        (top, index) => index > 0 && top !== tops[index - 1] && /[\p{L}\p{N}.]/u.test(name[index - 1] ?? ''),
      );
      return isCut && !name.includes('<') ? [name] : [];
    });
  });
}

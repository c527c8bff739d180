/** Out of the history of computing, first and last names mixed: nobody is meant. */
export const FIRST_NAMES =
  `ada alan alonzo annie barbara betty blaise carl charles claude conrad dennis donald dorothy edith edsger emmy evelyn
  fran frances gladys grace gottfried hedy ida irene jean joan john joseph julia katherine klaus konrad kathleen kay
  lise lynn mark marlyn mary maurice max niklaus nora olga otto philippa radia ralph robin rosa ruth sofia sophie
  stephanie thelma tony vera vint walter wanda wilma xenia yvonne zelda`.split(/\s+/)

export const LAST_NAMES =
  `allen antonelli babbage backus bartik bell boole booth braun byron carson cerf church clarke conway cori curie curry
  daubechies davis dijkstra easley eckert estrin euler fermi floyd franklin galois gauss goldberg goldstine hamilton
  hamming hilbert hoare holberton hopper huffman iverson jacquard johnson keller kilburn kleene knuth kovalevskaya
  lamarr lamport landin leibniz lovelace markov mauchly mccarthy meitner meltzer milner minsky moore naur neumann
  newell noether nygaard pascal perlis perlman postel quine ritchie rosen russell shannon sammet scott shaw simon
  snyder spence stibitz strachey tarjan tarski teitelbaum turing ulam vaughan weaver wilkes wilkinson wirth worsley
  zuse`.split(/\s+/)

/** Reserved for examples (RFC 2606): mail to them reaches nobody. */
export const DOMAINS = ['example.com', 'example.org', 'example.net']
